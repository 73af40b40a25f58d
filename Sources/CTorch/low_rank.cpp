// A frozen linear layer with a low-rank adapter (Hu et al. 2021), as one node of the graph: the
// adapter's product is added where the layer's stands, and only x and the adapter are kept.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "handle.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct LowRankLinear : torch::autograd::Function<LowRankLinear> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            const at::Tensor &weight, const std::optional<at::Tensor> &bias,
                            const at::Tensor &down, const at::Tensor &up, double scale) {
    const auto type = x.scalar_type();
    at::Tensor y = at::linear(x, weight, bias);
    const at::Tensor inner = at::linear(x, down.to(type));
    y.addmm_(inner, (up * scale).to(type).t());
    context->save_for_backward({x, weight, down, up});
    context->saved_data["scale"] = scale;
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &down = saved[2], &up = saved[3];
    const double scale = context->saved_data["scale"].toDouble();
    const auto type = x.scalar_type();
    const at::Tensor dy = gradients[0].contiguous();
    const at::Tensor narrow_down = down.to(type);
    const at::Tensor inner_gradient = at::matmul(dy, (up * scale).to(type));
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      dx = at::matmul(dy, weight);
      dx.addmm_(inner_gradient, narrow_down);
    }
    const at::Tensor inner = at::linear(x, narrow_down);
    const at::Tensor d_down = at::matmul(inner_gradient.t(), x).to(down.scalar_type());
    const at::Tensor d_up = at::matmul(dy.t(), inner).to(up.scalar_type()).mul_(scale);
    return {dx, at::Tensor(), at::Tensor(), d_down, d_up, at::Tensor()};
  }
};

}  // namespace

ct_status ct_low_rank_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor down,
                             ct_tensor up, double scale, ct_tensor *out) {
  return guarded([&] {
    const auto bias = bias_or_null ? std::optional(bias_or_null->value) : std::nullopt;
    *out = wrap(LowRankLinear::apply(x->value, weight->value, bias, down->value, up->value, scale));
  });
}
