// Products with a weight in a special layout, for CPUs with AVX512-BF16.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>

namespace ct {

// Whether this CPU has the kernels, and whether they support this weight [out, in].
bool has_packed_kernels();
inline bool packs(const at::Tensor &weight) {
  return has_packed_kernels() && weight.is_cpu() && weight.scalar_type() == at::kBFloat16 &&
         weight.dim() == 2 && weight.size(1) % 2 == 0;
}

// [out, in] → [out / 16, in / 2, 16, 2]: the input pairs of 16 outputs are adjacent.
at::Tensor in_lanes(const at::Tensor &weight);

// The contribution of a low-rank adapter: inner [N, R] · upᵀ, with `up` [out, R] in lanes.
struct LowRankPart {
  at::Tensor inner, up;
};

// x [N, in] · weightᵀ + bias and an adapter's contribution, in the same sums: bf16 [N, outputs], or
// the fp32 sums.
at::Tensor packed_product(const at::Tensor &x, const at::Tensor &packed, int64_t outputs,
                          const std::optional<at::Tensor> &bias,
                          const std::optional<LowRankPart> &adapter = std::nullopt,
                          at::ScalarType type = at::kBFloat16);

}  // namespace ct
