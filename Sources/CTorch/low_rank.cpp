// A frozen linear layer with a low-rank adapter (Hu et al. 2021), as one node of the graph. The
// adapter's product is added to the layer's sums, and only x and the narrow products are kept.
//
// If the weight and its transpose are packed, the kernels of packed.cpp are used, otherwise ATen's
// operators.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <torch/csrc/autograd/custom_function.h>

#include "checks.hpp"
#include "handle.hpp"
#include "packed.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// x [N, in] · narrowᵀ [R, in] → [N, R]
at::Tensor narrowed(const at::Tensor &x, const at::Tensor &narrow, bool packed) {
  return packed ? packed_product(x, in_lanes(narrow), narrow.size(0), std::nullopt)
                : at::linear(x, narrow);
}

struct LowRankLinear : torch::autograd::Function<LowRankLinear> {
  // `packed` and `turned` are the packed weight and its packed transpose, or both undefined.
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            const at::Tensor &weight, const std::optional<at::Tensor> &packed,
                            const std::optional<at::Tensor> &turned,
                            const std::optional<at::Tensor> &bias, const at::Tensor &down,
                            const at::Tensor &up, double scale) {
    const auto type = x.scalar_type();
    const at::Tensor scaled_up = (up * scale).to(type);
    const at::Tensor inner = narrowed(x, down.to(type), packed.has_value());
    at::Tensor y;
    if (packed) {
      y = packed_product(x, *packed, weight.size(0), bias, LowRankPart{inner, in_lanes(scaled_up)});
    } else {
      y = at::linear(x, weight, bias);
      y.addmm_(inner, scaled_up.t());
    }
    context->save_for_backward({x, weight, turned.value_or(at::Tensor()), down, up, inner});
    context->saved_data["scale"] = scale;
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &turned = saved[2];
    const at::Tensor &down = saved[3], &up = saved[4], &inner = saved[5];
    const double scale = context->saved_data["scale"].toDouble();
    const auto type = x.scalar_type();
    const at::Tensor dy = gradients[0].contiguous(), narrow_down = down.to(type);
    const at::Tensor scaled_up = (up * scale).to(type);
    const at::Tensor inner_gradient = narrowed(dy, scaled_up.t(), turned.defined());
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      if (turned.defined()) {
        dx = packed_product(dy, turned, weight.size(1), std::nullopt,
                            LowRankPart{inner_gradient, in_lanes(narrow_down.t())});
      } else {
        dx = at::matmul(dy, weight);
        dx.addmm_(inner_gradient, narrow_down);
      }
    }
    const at::Tensor d_down = at::matmul(inner_gradient.t(), x).to(down.scalar_type());
    const at::Tensor d_up = at::matmul(dy.t(), inner).to(up.scalar_type()).mul_(scale);
    const at::Tensor none;
    return {dx, none, none, none, none, d_down, d_up, none};
  }
};

}  // namespace

ct_status ct_low_rank_linear(ct_tensor x, ct_tensor weight, ct_tensor packed_or_null,
                             ct_tensor turned_or_null, ct_tensor bias_or_null, ct_tensor down,
                             ct_tensor up, double scale, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &input = x->value, &w = weight->value, &d = down->value, &u = up->value;
    TORCH_CHECK(input.dim() == 2 && w.dim() == 2 && d.dim() == 2 && u.dim() == 2 &&
                    w.size(1) == input.size(1) && d.size(1) == input.size(1) &&
                    u.size(0) == w.size(0) && u.size(1) == d.size(0),
                "an adapted layer takes x [N, D], a weight [O, D], down [R, D] and up [O, R], not ",
                input.sizes(), ", ", w.sizes(), ", ", d.sizes(), " and ", u.sizes());
    TORCH_CHECK(at::isFloatingType(input.scalar_type()) && input.scalar_type() == w.scalar_type() &&
                    at::isFloatingType(d.scalar_type()) && at::isFloatingType(u.scalar_type()),
                "x is ", input.scalar_type(), ", the weight ", w.scalar_type(), ", down ",
                d.scalar_type(), ", up ", u.scalar_type());
    TORCH_CHECK(input.device() == w.device() && input.device() == d.device() &&
                    input.device() == u.device(),
                "x is on ", input.device(), ", the weight on ", w.device(), ", down on ",
                d.device(), ", up on ", u.device());
    const auto bias = bias_or_null ? std::optional(bias_or_null->value) : std::nullopt;
    if (bias) check_columns(*bias, w.size(0), input, "the bias of an adapted layer");
    // Both or neither. An adapter of odd rank has no pairs, and its layer is not packed.
    const bool packs = packed_or_null && turned_or_null && down->value.size(0) % 2 == 0;
    const auto given = [&](ct_tensor x) { return packs ? std::optional(x->value) : std::nullopt; };
    *out = wrap(LowRankLinear::apply(x->value, weight->value, given(packed_or_null),
                                     given(turned_or_null), bias, down->value, up->value, scale));
  });
}
