// Activations that are recomputed instead of stored (Chen et al. 2016).
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>
#include <new>

#include "handle.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

struct Step : torch::CustomClassHolder {
  ct_step run;
  void *context;
  void (*release)(void *);
  Step(ct_step run, void *context, void (*release)(void *))
      : run(run), context(context), release(release) {}
  ~Step() override { release(context); }

  at::Tensor operator()(const at::Tensor &x) const {
    const std::unique_ptr<ct_tensor_s> input(wrap(x));
    ct_tensor out = nullptr;
    const ct_status status = run(context, input.get(), &out);
    const std::unique_ptr<ct_tensor_s> owned(out);
    if (status == 2) throw std::bad_alloc();
    TORCH_CHECK(status == 0 && owned, "a recomputed step failed: ", ct_last_error());
    return owned->value;
  }
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            c10::intrusive_ptr<Step> step) {
    context->save_for_backward({x});
    context->saved_data["step"] = c10::IValue::make_capsule(step);
    return (*step)(x);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const at::AutoGradMode recording(true);
    const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_(true);
    const auto step = c10::static_intrusive_pointer_cast<Step>(
        context->saved_data["step"].toCapsule());
    const at::Tensor y = (*step)(x);
    // Weights inside the step accumulate their gradients here. The gradient of x is passed on.
    torch::autograd::backward({y}, {gradients[0]});
    return {x.grad(), at::Tensor()};
  }
};

}  // namespace

ct_status ct_recomputed(ct_tensor x, ct_step step, void *context, void (*release)(void *),
                        ct_tensor *out) {
  return guarded([&] {
    TORCH_CHECK(step && release, "a recomputed step is missing");
    const auto held = c10::make_intrusive<Step>(step, context, release);
    if (!at::GradMode::is_enabled()) {
      *out = wrap((*held)(x->value));
      return;
    }
    // Weights inside the step may be trained even if x is not, and only a node of the graph is run
    // backward.
    const at::Tensor input = x->value.requires_grad() ? x->value : x->value.detach().requires_grad_();
    *out = wrap(Recomputed::apply(input, held));
  });
}
