// Kernels that are compiled several times, for the instruction sets of different CPUs.
#pragma once
#include "numerics.hpp"

namespace ct {

// The number of columns of 16 numbers whose sums fit into the registers, for six rows.
template <int V>
struct Columns {
  static constexpr int count = V;
};

#if defined(__x86_64__)
template <class Body>
__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) void run_v4(const Body &body) {
  body(Columns<4>());
}
template <class Body>
__attribute__((target("arch=x86-64-v3"))) void run_v3(const Body &body) {
  body(Columns<1>());
}
#endif

// Runs a fully inlined body, compiled for the widest registers of the CPU. The body receives the
// number of columns that fit.
template <class Body>
void with_widest_registers(const Body &body) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return run_v4(body);
  if (__builtin_cpu_supports("x86-64-v3")) return run_v3(body);
#endif
  body(Columns<1>());
}

}  // namespace ct
