// What the parts of the fuzz share: seeded choices, handles, comparisons and their tally.
#pragma once
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "handle.hpp"

namespace fuzz {

using at::Tensor;

// MARK: Choices

// All choices come from here, so that a seed gives the same cases again.
inline std::mt19937_64 engine;

inline int64_t whole(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(engine);
}
inline double real(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(engine);
}
inline bool chance(double share) { return real(0, 1) < share; }
inline at::ScalarType type() { return chance(0.5) ? at::kFloat : at::kBFloat16; }
inline bool is_wide(at::ScalarType type) { return type == at::kFloat; }

inline Tensor normal(at::IntArrayRef shape, at::ScalarType type, double deviation = 1) {
  return (at::randn(shape) * deviation).to(type);
}

// Values of `shape`, at times as a part of something larger: columns of a wider matrix, or dense
// with a first number that no register would begin at.
inline Tensor laid_out(std::vector<int64_t> shape, at::ScalarType type, double deviation = 1) {
  const int64_t last = shape.size() - 1;
  if (chance(0.3)) {
    const int64_t width = shape[last];
    shape[last] += whole(1, 9);
    return normal(shape, type, deviation).narrow(last, shape[last] - width, width);
  }
  const int64_t count = c10::multiply_integers(shape), skipped = chance(0.3) ? 1 : 0;
  return normal({count + skipped}, type, deviation).narrow(0, skipped, count).view(shape);
}

inline Tensor doubled(const Tensor &x) { return x.detach().to(at::kDouble); }
inline Tensor leaf(const Tensor &x) { return x.detach().clone().set_requires_grad(true); }
// The same memory, with a gradient to come.
inline Tensor tracked(const Tensor &x) { return x.detach().set_requires_grad(true); }

// MARK: Handles

class Handle {
 public:
  Handle() = default;
  explicit Handle(const Tensor &x) : raw(ct::wrap(x)) {}
  Handle(const Handle &) = delete;
  Handle(Handle &&other) : raw(std::exchange(other.raw, nullptr)) {}
  ~Handle() { ct_tensor_free(raw); }

  operator ct_tensor() const { return raw; }
  ct_tensor *out() { return &raw; }
  const Tensor &tensor() const { return raw->value; }

 private:
  ct_tensor raw = nullptr;
};

inline void succeed(ct_status status) {
  if (status != 0) throw std::runtime_error(ct_last_error());
}

// MARK: Tally

struct Tally {
  int64_t checks = 0, failures = 0;
  double worst = 0;
  std::string worst_case;
};

inline std::map<std::string, Tally> tallies;
// What is being tried, for messages.
inline std::string current;

template <class... Parts>
void now_trying(const Parts &...parts) {
  std::ostringstream text;
  ((text << parts << ' '), ...);
  current = text.str();
}

inline void record(const std::string &name, double error, double limit) {
  Tally &tally = tallies[name];
  ++tally.checks;
  if (!(error <= tally.worst)) tally.worst = error, tally.worst_case = current;
  if (error <= limit) return;
  if (++tally.failures <= 3) {
    std::printf("WRONG %s: %.3g, limit %.3g, at %s\n", name.c_str(), error, limit,
                current.c_str());
  }
}

inline void expect(const std::string &name, bool holds) { record(name, holds ? 0 : 1, 0); }

// The largest difference, as a share of the largest number expected (or of `scale`).
inline void near(const std::string &name, const Tensor &got, const Tensor &expected, double limit,
                 double scale = 0) {
  if (got.sizes() != expected.sizes()) return record(name + " (shape)", 1, 0);
  if (got.numel() == 0) return record(name, 0, limit);
  const Tensor wide = doubled(expected);
  if (scale == 0) scale = std::max(wide.abs().max().item<double>(), 1e-6);
  const double error = (doubled(got) - wide).abs().max().item<double>() / scale;
  record(name, std::isnan(error) ? INFINITY : error, limit);
}

inline void same_bits(const std::string &name, const Tensor &a, const Tensor &b) {
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  const bool same = x.nbytes() == y.nbytes() &&
                    (x.nbytes() == 0 ||
                     std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0);
  expect(name, same);
}

// One rounding to bf16 is at most 1/256 of a number; fp32 gets `wide`.
inline double limit(at::ScalarType type, double wide, double roundings = 2) {
  return is_wide(type) ? wide : roundings / 256;
}

// MARK: Threads

using Tensors = std::vector<Tensor>;

// What `body` gives with one thread, which must be the bits that it gives with two and three.
template <class Body>
Tensors with_threads(const std::string &name, const Body &body) {
  succeed(ct_set_num_threads(1));
  const Tensors one = body();
  for (const int32_t count : {2, 3}) {
    succeed(ct_set_num_threads(count));
    const Tensors more = body();
    for (size_t i = 0; i < one.size(); ++i) same_bits(name + ": any number of threads", one[i], more[i]);
  }
  succeed(ct_set_num_threads(2));
  return one;
}

inline Tensors gradients(const Tensor &y, const Tensors &inputs, const Tensor &outer) {
  return torch::autograd::grad({y}, inputs, {outer.to(y.scalar_type())});
}

}  // namespace fuzz
