// Checks of values passed to the ABI, before they are used to read or write memory.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <limits>

#include "ct_torch.h"

namespace ct {

// The `count` numbers that a caller's pointer refers to.
inline at::IntArrayRef numbers(const int64_t *first, int64_t count) {
  TORCH_CHECK(count >= 0, "a list cannot have ", count, " entries");
  TORCH_CHECK(first || count == 0, "a list of ", count, " entries is missing");
  return at::IntArrayRef(first, static_cast<size_t>(count));
}

inline bool is_dense_cpu(const at::Tensor &x) {
  return x.layout() == at::kStrided && x.is_cpu() && x.is_contiguous();
}

// Checks a floating-point tensor with one entry per column, used together with `x`.
inline void check_columns(const at::Tensor &x, int64_t width, const at::Tensor &beside,
                          const char *name) {
  TORCH_CHECK(x.dim() == 1 && x.size(0) == width, name, " has the shape ", x.sizes(),
              " where [", width, "] is needed");
  TORCH_CHECK(at::isFloatingType(x.scalar_type()) && x.device() == beside.device(), name, " is ",
              x.scalar_type(), " on ", x.device(), " beside ", beside.scalar_type(), " on ",
              beside.device());
}

// Returns 1 / x as a float that is neither 0 nor infinite.
inline float inverse_of(double x, const char *name) {
  const float inverse = static_cast<float>(1 / x);
  TORCH_CHECK(inverse > 0 && inverse <= std::numeric_limits<float>::max(), "the ", name, " ", x,
              " is too small, too large or not positive");
  return inverse;
}

}  // namespace ct
