// Kernels that are compiled several times, for what the CPU at hand has.
#pragma once
#include "numerics.hpp"

namespace ct {

// How many columns of 16 numbers the registers hold sums of, for six rows.
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

// Runs a body, all of which is inlined, compiled for the widest registers that the CPU has; it is
// told how many columns fit them.
template <class Body>
void with_widest_registers(const Body &body) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return run_v4(body);
  if (__builtin_cpu_supports("x86-64-v3")) return run_v3(body);
#endif
  body(Columns<1>());
}

}  // namespace ct
