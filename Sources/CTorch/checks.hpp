// Checks of what is handed to the ABI, before anything is read or written by its word alone.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <limits>

#include "ct_torch.h"

namespace ct {

// `count` numbers that a caller points to.
inline at::IntArrayRef numbers(const int64_t *first, int64_t count) {
  TORCH_CHECK(count >= 0, "a list cannot have ", count, " entries");
  TORCH_CHECK(first || count == 0, "a list of ", count, " entries is missing");
  return at::IntArrayRef(first, static_cast<size_t>(count));
}

inline bool is_dense_cpu(const at::Tensor &x) {
  return x.layout() == at::kStrided && x.is_cpu() && x.is_contiguous();
}

// A floating-point tensor with one entry for each of `width` columns, beside `x`.
inline void check_columns(const at::Tensor &x, int64_t width, const at::Tensor &beside,
                          const char *name) {
  TORCH_CHECK(x.dim() == 1 && x.size(0) == width, name, " has the shape ", x.sizes(),
              " where [", width, "] is needed");
  TORCH_CHECK(at::isFloatingType(x.scalar_type()) && x.device() == beside.device(), name, " is ",
              x.scalar_type(), " on ", x.device(), " beside ", beside.scalar_type(), " on ",
              beside.device());
}

// 1 / x as a float that is neither 0 nor infinite.
inline float inverse_of(double x, const char *name) {
  const float inverse = static_cast<float>(1 / x);
  TORCH_CHECK(inverse > 0 && inverse <= std::numeric_limits<float>::max(), "the ", name, " ", x,
              " is too small, too large or no positive number");
  return inverse;
}

}  // namespace ct
