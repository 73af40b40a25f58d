// Fused operators with hand-written gradients. Each is one node of the autograd graph.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/silu_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include "checks.hpp"
#include "handle.hpp"
#include "registers.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// MARK: RMS norm (Zhang & Sennrich 2019): y = w · x / √(mean x² + ε)

template <class T>
CT_INLINE void rms_rows(const T *x, const float *weight, T *y, float *inverse, int64_t begin,
                        int64_t end, int64_t width, float epsilon) {
#pragma clang fp reassociate(on)
  for (int64_t n = begin; n < end; ++n) {
    const T *row = x + n * width;
    float squares = 0;
    for (int64_t i = 0; i < width; ++i) squares += widen(row[i]) * widen(row[i]);
    const float scale = 1.0f / std::sqrt(squares / width + epsilon);
    inverse[n] = scale;
    for (int64_t i = 0; i < width; ++i) {
      narrow(widen(row[i]) * scale * weight[i], y + n * width + i);
    }
  }
}

template <class T>
CT_INLINE void rms_rows_backward(const T *x, const float *weight, const T *gradient,
                                 const float *inverse, T *out, int64_t begin, int64_t end,
                                 int64_t width) {
#pragma clang fp reassociate(on)
  for (int64_t n = begin; n < end; ++n) {
    const T *row = x + n * width, *dy = gradient + n * width;
    const float scale = inverse[n];
    float projection = 0;
    for (int64_t i = 0; i < width; ++i) {
      projection += widen(dy[i]) * weight[i] * widen(row[i]) * scale;
    }
    projection /= width;
    for (int64_t i = 0; i < width; ++i) {
      const float normal = widen(row[i]) * scale;
      narrow(scale * (widen(dy[i]) * weight[i] - normal * projection), out + n * width + i);
    }
  }
}

// Calls `body` with a typed pointer tag for fp32 and bf16 CPU tensors. Returns false for others.
template <class Body>
bool with_kernel_type(const at::Tensor &x, const Body &body) {
  if (!x.is_cpu()) return false;
  if (x.scalar_type() == at::kFloat) return body(float()), true;
  if (x.scalar_type() == at::kBFloat16) return body(c10::BFloat16()), true;
  return false;
}

struct RMSNorm : torch::autograd::Function<RMSNorm> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &input,
                            const at::Tensor &weight, double epsilon) {
    const at::Tensor x = input.contiguous();
    const at::Tensor scale = weight.to(at::kFloat).contiguous();
    const int64_t width = x.size(-1), rows = x.numel() / std::max<int64_t>(width, 1);
    at::Tensor inverse = at::empty({rows}, x.options().dtype(at::kFloat));
    at::Tensor y = at::empty_like(x);
    const bool ours = with_kernel_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T *from = x.const_data_ptr<T>();
      T *to = y.mutable_data_ptr<T>();
      float *scales = inverse.mutable_data_ptr<float>();
      const float *weights = scale.const_data_ptr<float>();
      parallel(rows, grain(width), [&](int64_t begin, int64_t end) {
        with_widest_registers([&](auto) CT_INLINE_BODY {
          rms_rows(from, weights, to, scales, begin, end, width, static_cast<float>(epsilon));
        });
      });
    });
    if (!ours) {
      const at::Tensor wide = x.to(at::kFloat).reshape({rows, width});
      inverse = wide.square().mean(-1).add_(epsilon).rsqrt_();
      y = (wide * inverse.unsqueeze(-1) * scale).to(x.scalar_type()).reshape(x.sizes());
    }
    context->save_for_backward({x, weight, inverse});
    return y;
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &inverse = saved[2];
    const at::Tensor dy = gradients[0].contiguous();
    const at::Tensor scale = weight.to(at::kFloat).contiguous();
    const int64_t width = x.size(-1), rows = inverse.numel();
    at::Tensor dx = at::empty_like(x), dw;
    const bool ours = with_kernel_type(x, [&](auto tag) {
      using T = decltype(tag);
      const T *from = x.const_data_ptr<T>(), *gradient = dy.const_data_ptr<T>();
      T *to = dx.mutable_data_ptr<T>();
      const float *scales = inverse.const_data_ptr<float>();
      const float *weights = scale.const_data_ptr<float>();
      parallel(rows, grain(width), [&](int64_t begin, int64_t end) {
        with_widest_registers([&](auto) CT_INLINE_BODY {
          rms_rows_backward(from, weights, gradient, scales, to, begin, end, width);
        });
      });
    });
    const auto normal = [&] {
      return x.to(at::kFloat).reshape({rows, width}) * inverse.unsqueeze(-1);
    };
    const auto wide = [&] { return dy.to(at::kFloat).reshape({rows, width}); };
    if (!ours) {
      const at::Tensor n = normal(), g = wide() * scale;
      dx = (inverse.unsqueeze(-1) * (g - n * (g * n).mean(-1, true)))
               .to(x.scalar_type())
               .reshape(x.sizes());
    }
    if (context->needs_input_grad(1)) dw = (wide() * normal()).sum(0).to(weight.scalar_type());
    return {dx, dw, at::Tensor()};
  }
};

// MARK: Rotary position embedding (Su et al. 2021), half-split pairs as in GPT-NeoX and Llama

template <class T>
CT_INLINE void rotate_rows(const T *x, const float *cosines, const float *sines, T *y,
                           int64_t begin, int64_t end, int64_t heads, int64_t half, float sign) {
  for (int64_t n = begin; n < end; ++n) {
    const float *c = cosines + n * half, *s = sines + n * half;
    for (int64_t h = 0; h < heads; ++h) {
      const T *from = x + (n * heads + h) * 2 * half;
      T *to = y + (n * heads + h) * 2 * half;
      for (int64_t i = 0; i < half; ++i) {
        const float a = widen(from[i]), b = widen(from[i + half]);
        narrow(a * c[i] - sign * b * s[i], to + i);
        narrow(b * c[i] + sign * a * s[i], to + i + half);
      }
    }
  }
}

at::Tensor rotated(const at::Tensor &input, const at::Tensor &cosines, const at::Tensor &sines,
                   float sign) {
  TORCH_CHECK(input.dim() == 3 && cosines.dim() == 2 && input.size(0) == cosines.size(0) &&
                  input.size(2) == 2 * cosines.size(1) && cosines.sizes() == sines.sizes(),
              "rotate takes x [N, H, K] and angles [N, K/2], not ", input.sizes(), ", ",
              cosines.sizes(), " and ", sines.sizes());
  TORCH_CHECK(cosines.scalar_type() == at::kFloat && sines.scalar_type() == at::kFloat &&
                  cosines.device() == input.device() && sines.device() == input.device(),
              "angles are fp32 where x is, not ", cosines.scalar_type(), " on ", cosines.device(),
              " and ", sines.scalar_type(), " on ", sines.device());
  const at::Tensor x = input.contiguous();
  const int64_t heads = x.size(1), half = x.size(2) / 2;
  at::Tensor y = at::empty_like(x);
  const bool ours = with_kernel_type(x, [&](auto tag) {
    using T = decltype(tag);
    const T *from = x.const_data_ptr<T>();
    T *to = y.mutable_data_ptr<T>();
    const float *c = cosines.const_data_ptr<float>(), *s = sines.const_data_ptr<float>();
    parallel(x.size(0), grain(2 * heads * half), [&](int64_t begin, int64_t end) {
      with_widest_registers([&](auto) CT_INLINE_BODY {
        rotate_rows(from, c, s, to, begin, end, heads, half, sign);
      });
    });
  });
  if (ours) return y;
  const at::Tensor c = cosines.unsqueeze(1), s = sines.unsqueeze(1) * sign;
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor a = wide.narrow(2, 0, half), b = wide.narrow(2, half, half);
  return at::cat({a * c - b * s, b * c + a * s}, 2).to(x.scalar_type());
}

struct Rotate : torch::autograd::Function<Rotate> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &x,
                            const at::Tensor &cosines, const at::Tensor &sines) {
    context->save_for_backward({cosines, sines});
    return rotated(x, cosines, sines, 1);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {rotated(gradients[0], saved[0], saved[1], -1), at::Tensor(), at::Tensor()};
  }
};

// MARK: SwiGLU (Shazeer 2020)

template <class T>
CT_INLINE void swiglu_row(const T *gate, const T *up, T *y, int64_t width) {
  for (int64_t i = 0; i < width; ++i) {
    const float g = widen(gate[i]);
    narrow(g / (1.0f + exponential(-g)) * widen(up[i]), y + i);
  }
}

template <class T>
CT_INLINE void swiglu_row_backward(const T *gate, const T *up, const T *gradient, T *d_gate,
                                   T *d_up, int64_t width) {
  for (int64_t i = 0; i < width; ++i) {
    const float g = widen(gate[i]), dy = widen(gradient[i]);
    const float share = 1.0f / (1.0f + exponential(-g));
    narrow(dy * g * share, d_up + i);
    narrow(dy * widen(up[i]) * share * (1.0f + g * (1.0f - share)), d_gate + i);
  }
}

// Rows that are dense, for example the halves of a wider matrix.
bool has_dense_rows(const at::Tensor &x) { return x.dim() == 2 && x.stride(1) == 1; }

struct SwiGLU : torch::autograd::Function<SwiGLU> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &gate,
                            const at::Tensor &up) {
    context->save_for_backward({gate, up});
    if (!has_dense_rows(gate) || !has_dense_rows(up)) return at::silu(gate).mul_(up);
    at::Tensor y = at::empty(gate.sizes(), gate.options());
    const int64_t width = gate.size(1), gate_step = gate.stride(0), up_step = up.stride(0);
    const bool ours = with_kernel_type(gate, [&](auto tag) {
      using T = decltype(tag);
      const T *g = gate.const_data_ptr<T>(), *u = up.const_data_ptr<T>();
      T *to = y.mutable_data_ptr<T>();
      parallel(gate.size(0), grain(4 * width), [&](int64_t begin, int64_t end) {
        with_widest_registers([&](auto) CT_INLINE_BODY {
          for (int64_t n = begin; n < end; ++n) {
            swiglu_row(g + n * gate_step, u + n * up_step, to + n * width, width);
          }
        });
      });
    });
    return ours ? y : at::silu(gate).mul_(up);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &gate = saved[0], &up = saved[1];
    if (has_dense_rows(gate) && has_dense_rows(up)) {
      const at::Tensor dy = gradients[0].contiguous();
      at::Tensor d_gate = at::empty(gate.sizes(), gate.options()), d_up = at::empty_like(d_gate);
      const int64_t width = gate.size(1), gate_step = gate.stride(0), up_step = up.stride(0);
      const bool ours = with_kernel_type(gate, [&](auto tag) {
        using T = decltype(tag);
        const T *g = gate.const_data_ptr<T>(), *u = up.const_data_ptr<T>();
        const T *d = dy.const_data_ptr<T>();
        T *to_gate = d_gate.mutable_data_ptr<T>(), *to_up = d_up.mutable_data_ptr<T>();
        parallel(gate.size(0), grain(4 * width), [&](int64_t begin, int64_t end) {
          with_widest_registers([&](auto) CT_INLINE_BODY {
            for (int64_t n = begin; n < end; ++n) {
              const int64_t at = n * width;
              swiglu_row_backward(g + n * gate_step, u + n * up_step, d + at, to_gate + at,
                                  to_up + at, width);
            }
          });
        });
      });
      if (ours) return {d_gate, d_up};
    }
    const at::Tensor &dy = gradients[0];
    return {at::silu_backward(dy * up, gate), at::silu(gate).mul_(dy)};
  }
};

}  // namespace

ct_status ct_rms_norm(ct_tensor x, ct_tensor weight, double epsilon, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &input = x->value;
    TORCH_CHECK(input.dim() > 0 && at::isFloatingType(input.scalar_type()),
                "RMS norm takes x [N, D], not ", input.scalar_type(), ' ', input.sizes());
    check_columns(weight->value, input.size(-1), input, "the weight of RMS norm");
    *out = wrap(RMSNorm::apply(input, weight->value, epsilon));
  });
}

ct_status ct_swiglu(ct_tensor gate, ct_tensor up, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &a = gate->value, &b = up->value;
    TORCH_CHECK(a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type() &&
                    a.device() == b.device() && at::isFloatingType(a.scalar_type()),
                "SwiGLU takes two tensors of the same kind, not ", a.scalar_type(), ' ', a.sizes(), " and ",
                b.scalar_type(), ' ', b.sizes());
    *out = wrap(SwiGLU::apply(a, b));
  });
}

ct_status ct_rotate(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor *out) {
  return guarded([&] {
    *out = wrap(Rotate::apply(x->value, cosines->value.contiguous(), sines->value.contiguous()));
  });
}

ct_status ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon,
                        ct_tensor *out) {
  return guarded([&] {
    TORCH_CHECK(x->value.dim() > 0, "layer norm takes x [N, D], not a number");
    check_columns(weight->value, x->value.size(-1), x->value, "the weight of layer norm");
    check_columns(bias->value, x->value.size(-1), x->value, "the bias of layer norm");
    const auto as_x = [&](const at::Tensor &y) { return y.to(x->value.scalar_type()); };
    *out = wrap(at::layer_norm(x->value, {x->value.size(-1)}, as_x(weight->value),
                               as_x(bias->value), epsilon));
  });
}
