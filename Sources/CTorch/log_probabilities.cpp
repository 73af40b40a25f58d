// Log-probabilities of selected tokens, in chunks, so that the logits [N, V] are never in memory.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "checks.hpp"
#include "handle.hpp"
#include "packed.hpp"
#include "registers.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// Chunks of about 16 MB in bf16, large enough that reading the weight again costs little.
int64_t chunk_rows(int64_t vocabulary) {
  return std::clamp<int64_t>((int64_t(1) << 23) / vocabulary, 16, 4096);
}

// log Σ exp(x/T), and the entropy of softmax(x/T), in two passes over the unscaled logits.
template <class T>
CT_INLINE float normaliser_of(const T *logits, int64_t count, float inverse, float *entropy) {
#pragma clang fp reassociate(on)
  float most = widen(logits[0]);
  for (int64_t i = 1; i < count; ++i) most = std::max(most, widen(logits[i]));
  float sum = 0, moment = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float difference = (widen(logits[i]) - most) * inverse;
    const float weight = exponential(difference);
    sum += weight;
    // A logit of −∞ contributes nothing; 0 · ∞ would be NaN.
    moment += weight == 0 ? 0 : weight * difference;
  }
  const float logarithm = std::log(sum);
  *entropy = logarithm - moment / sum;
  return most * inverse + logarithm;
}

// logits ← −scale · softmax(logits/T), given log Σ exp(logits/T).
template <class T>
CT_INLINE void weigh(T *logits, int64_t count, float inverse, float normaliser, float scale) {
  for (int64_t i = 0; i < count; ++i) {
    narrow(-scale * exponential(widen(logits[i]) * inverse - normaliser), logits + i);
  }
}

// Uses the kernel for chunks of logits on the CPU in fp32 or bf16, otherwise ATen's operators.
bool has_kernel(const at::Tensor &logits) {
  return logits.is_cpu() &&
         (logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kBFloat16);
}

struct Chunk {
  at::Tensor chosen, normalisers, entropy;
};

template <class T>
void read_rows(const at::Tensor &logits, const at::Tensor &targets, float inverse, Chunk &into) {
  const T *all = logits.const_data_ptr<T>();
  const int64_t *ids = targets.const_data_ptr<int64_t>();
  float *chosen = into.chosen.mutable_data_ptr<float>();
  float *normalisers = into.normalisers.mutable_data_ptr<float>();
  float *entropy = into.entropy.mutable_data_ptr<float>();
  const int64_t vocabulary = logits.size(1);
  parallel(logits.size(0), 1, [&](int64_t begin, int64_t end) {
    with_widest_registers([&](auto) CT_INLINE_BODY {
      for (int64_t n = begin; n < end; ++n) {
        const T *row = all + n * vocabulary;
        normalisers[n] = normaliser_of(row, vocabulary, inverse, entropy + n);
        chosen[n] = widen(row[ids[n]]) * inverse - normalisers[n];
      }
    });
  });
}

void read_chunk(const at::Tensor &logits, const at::Tensor &targets, double temperature,
                Chunk into) {
  TORCH_CHECK(targets.numel() == 0 || (targets.min().item<int64_t>() >= 0 &&
                                       targets.max().item<int64_t>() < logits.size(1)),
              "a target is not a token of the vocabulary");
  const float inverse = static_cast<float>(1 / temperature);
  if (has_kernel(logits)) {
    logits.scalar_type() == at::kFloat ? read_rows<float>(logits, targets, inverse, into)
                                       : read_rows<c10::BFloat16>(logits, targets, inverse, into);
    return;
  }
  const at::Tensor wide = logits.to(at::kFloat).div_(temperature);
  into.normalisers.copy_(at::logsumexp(wide, -1));
  into.chosen.copy_(wide.gather(1, targets.unsqueeze(1)).squeeze(1) - into.normalisers);
  const at::Tensor share = at::softmax(wide, -1);
  into.entropy.copy_(into.normalisers - at::where(share.eq(0), share, share * wide).sum(-1));
}

template <class T>
void weigh_rows(at::Tensor &logits, const at::Tensor &targets, const at::Tensor &normalisers,
                const at::Tensor &scales, float inverse) {
  T *all = logits.mutable_data_ptr<T>();
  const int64_t *ids = targets.const_data_ptr<int64_t>();
  const float *sums = normalisers.const_data_ptr<float>(), *scale = scales.const_data_ptr<float>();
  const int64_t vocabulary = logits.size(1);
  parallel(logits.size(0), 1, [&](int64_t begin, int64_t end) {
    with_widest_registers([&](auto) CT_INLINE_BODY {
      for (int64_t n = begin; n < end; ++n) {
        T *row = all + n * vocabulary;
        const float exact = scale[n] * (1 - std::exp(widen(row[ids[n]]) * inverse - sums[n]));
        weigh(row, vocabulary, inverse, sums[n], scale[n]);
        narrow(exact, row + ids[n]);
      }
    });
  });
}

// ∂ Σ scale·T·log p / ∂ logits, in the memory of the logits if a kernel is used.
at::Tensor chunk_gradient(at::Tensor logits, const at::Tensor &targets,
                          const at::Tensor &normalisers, const at::Tensor &scales,
                          double temperature) {
  const float inverse = static_cast<float>(1 / temperature);
  if (has_kernel(logits)) {
    logits.scalar_type() == at::kFloat
        ? weigh_rows<float>(logits, targets, normalisers, scales, inverse)
        : weigh_rows<c10::BFloat16>(logits, targets, normalisers, scales, inverse);
    return logits;
  }
  at::Tensor gradient = logits.to(at::kFloat)
                            .div_(temperature)
                            .sub_(normalisers.unsqueeze(1))
                            .exp_()
                            .mul_(-scales.unsqueeze(1));
  gradient.scatter_add_(1, targets.unsqueeze(1), scales.unsqueeze(1));
  return gradient.to(logits.scalar_type());
}

// A packed weight produces fp32 logits: rounding to bf16 would shift a log-probability by 0.02.
at::Tensor logits_of(const at::Tensor &hidden, const at::Tensor &weight, const at::Tensor &packed) {
  return packed.defined()
             ? packed_product(hidden, packed, weight.size(0), std::nullopt, std::nullopt, at::kFloat)
             : at::linear(hidden, weight);
}

struct SelectedLogProbabilities : torch::autograd::Function<SelectedLogProbabilities> {
  static variable_list forward(AutogradContext *context, const at::Tensor &hidden,
                               const at::Tensor &weight,
                               const std::optional<at::Tensor> &packed_or_none,
                               const at::Tensor &targets, double temperature) {
    const at::Tensor packed = packed_or_none.value_or(at::Tensor());
    const int64_t count = hidden.size(0), rows = chunk_rows(weight.size(0));
    at::Tensor chosen = at::empty({count}, hidden.options().dtype(at::kFloat));
    at::Tensor normalisers = at::empty_like(chosen), entropy = at::empty_like(chosen);
    for (int64_t start = 0; start < count; start += rows) {
      const int64_t end = std::min(count, start + rows);
      const auto part = [&](const at::Tensor &x) { return x.slice(0, start, end); };
      read_chunk(logits_of(part(hidden), weight, packed), part(targets).contiguous(), temperature,
                 {part(chosen), part(normalisers), part(entropy)});
    }
    context->save_for_backward({hidden, weight, packed, targets, normalisers});
    context->saved_data["temperature"] = temperature;
    context->mark_non_differentiable({entropy});
    return {chosen, entropy};
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &hidden = saved[0], &weight = saved[1], &packed = saved[2];
    const at::Tensor &targets = saved[3], &normalisers = saved[4];
    const double temperature = context->saved_data["temperature"].toDouble();
    const at::Tensor scales = gradients[0].to(at::kFloat).div(temperature).contiguous();
    const int64_t count = hidden.size(0), rows = chunk_rows(weight.size(0));
    const bool needs_hidden = context->needs_input_grad(0);
    const bool needs_weight = context->needs_input_grad(1);
    at::Tensor d_hidden = needs_hidden ? at::empty_like(hidden) : at::Tensor();
    at::Tensor d_weight =
        needs_weight ? at::zeros(weight.sizes(), weight.options().dtype(at::kFloat)) : at::Tensor();
    for (int64_t start = 0; start < count; start += rows) {
      const int64_t end = std::min(count, start + rows);
      const auto part = [&](const at::Tensor &x) { return x.slice(0, start, end); };
      const at::Tensor d_logits =
          chunk_gradient(logits_of(part(hidden), weight, packed), part(targets).contiguous(),
                         part(normalisers), part(scales), temperature)
              .to(weight.scalar_type());
      if (needs_hidden) part(d_hidden).copy_(at::matmul(d_logits, weight));
      if (needs_weight) d_weight.add_(at::matmul(d_logits.t(), part(hidden)).to(at::kFloat));
    }
    if (needs_weight) d_weight = d_weight.to(weight.scalar_type());
    return {d_hidden, d_weight, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

ct_status ct_selected_log_probabilities(ct_tensor hidden, ct_tensor weight,
                                        ct_tensor packed_or_null, ct_tensor targets,
                                        double temperature, ct_tensor *out, ct_tensor *entropy) {
  return guarded([&] {
    const at::Tensor &h = hidden->value, &w = weight->value, &t = targets->value;
    TORCH_CHECK(h.dim() == 2 && w.dim() == 2 && h.size(1) == w.size(1) && w.size(0) > 0,
                "log-probabilities take hidden states [N, D] and a weight [V, D], not ", h.sizes(),
                " and ", w.sizes());
    TORCH_CHECK(h.scalar_type() == w.scalar_type() && h.device() == w.device() &&
                    at::isFloatingType(h.scalar_type()),
                "hidden states are ", h.scalar_type(), " on ", h.device(), ", the weight ",
                w.scalar_type(), " on ", w.device());
    TORCH_CHECK(t.dim() == 1 && t.size(0) == h.size(0) && t.scalar_type() == at::kLong &&
                    t.device() == h.device(),
                "targets are int64 [", h.size(0), "] on ", h.device(), ", not ", t.scalar_type(),
                ' ', t.sizes(), " on ", t.device());
    inverse_of(temperature, "temperature");
    const auto packed = packed_or_null ? std::optional(packed_or_null->value) : std::nullopt;
    const auto results = SelectedLogProbabilities::apply(hidden->value, weight->value, packed,
                                                         targets->value, temperature);
    *out = wrap(results[0]);
    if (entropy) *entropy = wrap(results[1]);
  });
}
