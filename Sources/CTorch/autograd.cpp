// Gradients and the optimiser.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <map>

#include "checks.hpp"
#include "handle.hpp"

using namespace ct;

ct_status ct_detach(ct_tensor x, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.detach()); });
}

bool ct_requires_grad(ct_tensor x) { return x->value.requires_grad(); }

ct_status ct_set_requires_grad(ct_tensor x, bool required) {
  return guarded([&] { x->value.set_requires_grad(required); });
}

ct_status ct_backward(ct_tensor loss, ct_tensor gradient_or_null) {
  return guarded([&] {
    loss->value.backward(gradient_or_null ? gradient_or_null->value : at::Tensor());
  });
}

ct_status ct_grad(ct_tensor x, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &gradient = x->value.grad();
    *out = gradient.defined() ? wrap(gradient) : nullptr;
  });
}

ct_status ct_clear_grad(ct_tensor x) {
  return guarded([&] { x->value.mutable_grad().reset(); });
}

ct_status ct_clip_grad_norm(const ct_tensor *parameters, int32_t count, double limit,
                            double *norm) {
  return guarded([&] {
    const at::NoGradGuard guard;
    TORCH_CHECK(limit >= 0, "gradients cannot have a norm of at most ", limit);
    TORCH_CHECK(count >= 0 && (parameters || count == 0), count, " parameters");
    std::vector<at::Tensor> gradients;
    double squares = 0;
    for (int32_t i = 0; i < count; ++i) {
      const at::Tensor &gradient = parameters[i]->value.grad();
      if (!gradient.defined()) continue;
      gradients.push_back(gradient);
      const double length = at::linalg_vector_norm(gradient, 2, std::nullopt, false, at::kDouble)
                                .item()
                                .toDouble();
      squares += length * length;
    }
    *norm = std::sqrt(squares);
    // Scaled by an infinite norm, gradients would be 0 or NaN. They are left unchanged, so that the
    // caller sees them.
    if (*norm > limit && std::isfinite(*norm)) {
      for (at::Tensor &gradient : gradients) gradient.mul_(limit / (*norm + 1e-6));
    }
  });
}

// The fused update walks through the memory of all four tensors in parallel.
static void check_update(const at::Tensor &value, const at::Tensor &first,
                         const at::Tensor &second) {
  const auto fits = [&](const at::Tensor &x) {
    return x.layout() == at::kStrided && x.is_contiguous() && x.scalar_type() == at::kFloat &&
           x.sizes() == value.sizes() && x.device() == value.device();
  };
  TORCH_CHECK(fits(value) && fits(first) && fits(second),
              "AdamW takes dense fp32 parameters and moments of the same shape, not ", value.scalar_type(), ' ',
              value.sizes(), ", ", first.scalar_type(), ' ', first.sizes(), " and ",
              second.scalar_type(), ' ', second.sizes());
  const at::Tensor &gradient = value.grad();
  TORCH_CHECK(!gradient.defined() ||
                  (gradient.sizes() == value.sizes() && gradient.scalar_type() == at::kFloat &&
                   gradient.device() == value.device()),
              "a gradient does not match its parameter of ", value.sizes());
}

ct_status ct_adamw(const ct_tensor *parameters, const ct_tensor *first_moments,
                   const ct_tensor *second_moments, ct_tensor steps, int32_t count,
                   double learning_rate, double beta1, double beta2, double epsilon,
                   double weight_decay, ct_epsilon_placement placement) {
  return guarded([&] {
    const at::NoGradGuard guard;
    struct Members {
      std::vector<at::Tensor> values, gradients, firsts, seconds, steps;
    };
    // Parameters by their number of steps; a few may have started later than the rest.
    std::map<int64_t, Members> by_step;
    const at::Tensor &counts = steps->value;
    TORCH_CHECK(count >= 0 && is_dense_cpu(counts) && counts.scalar_type() == at::kFloat &&
                    counts.dim() == 1 && counts.size(0) == count,
                "the steps of ", count, " parameters are fp32 [", count, "] on the CPU, not ",
                counts.scalar_type(), ' ', counts.sizes());
    for (int32_t i = 0; i < count; ++i) {
      check_update(parameters[i]->value, first_moments[i]->value, second_moments[i]->value);
    }
    float *taken = counts.mutable_data_ptr<float>();
    for (int32_t i = 0; i < count; ++i) {
      if (!parameters[i]->value.grad().defined()) continue;
      const at::Tensor gradient = parameters[i]->value.grad().contiguous();
      taken[i] += 1;
      Members &members = by_step[static_cast<int64_t>(taken[i])];
      members.values.push_back(parameters[i]->value);
      members.gradients.push_back(gradient);
      members.firsts.push_back(first_moments[i]->value);
      members.seconds.push_back(second_moments[i]->value);
      members.steps.push_back(counts[i].to(gradient.device()));
    }
    for (auto &[step, members] : by_step) {
      // TensorFlow adds ε before the bias correction of √v, so its ε at step t equals ε / √(1 −
      // β₂ᵗ) in PyTorch's formula.
      const double correction = std::sqrt(1 - std::pow(beta2, static_cast<double>(step)));
      const double eps = placement == CT_EPSILON_TENSORFLOW ? epsilon / correction : epsilon;
      at::_fused_adamw_(members.values, members.gradients, members.firsts, members.seconds,
                        /*max_exp_avg_sqs=*/{}, members.steps, learning_rate, beta1, beta2,
                        weight_decay, eps, /*amsgrad=*/false, /*maximize=*/false);
    }
  });
}
