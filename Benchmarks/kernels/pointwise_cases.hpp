// Norms, SwiGLU, rotation, AdamW and clipping.
#pragma once
#include "support.hpp"

namespace fuzz {

inline void norms() {
  const auto kind = type();
  const int64_t rows = whole(0, 40), width = whole(1, 300);
  const double epsilon = chance(0.5) ? 1e-5 : 1e-6;
  const Tensor x = tracked(laid_out({rows, width}, kind)), outer = normal({rows, width}, kind);
  const Tensor scale = leaf(normal({width}, chance(0.5) ? at::kFloat : kind));
  const Tensor shift = leaf(normal({width}, at::kFloat));
  now_trying("norm", kind, "N", rows, "D", width);
  const Tensor wide = leaf(doubled(x)), wide_scale = leaf(doubled(scale));
  const Tensors got = with_threads("RMS norm", [&]() -> Tensors {
    Handle in(x), w(scale), out;
    succeed(ct_rms_norm(in, w, epsilon, out.out()));
    if (rows == 0) return {out.tensor()};
    const Tensors slopes = gradients(out.tensor(), {x, scale}, outer);
    return {out.tensor(), slopes[0], slopes[1]};
  });
  const Tensor root = at::rsqrt(wide.square().mean(-1, true) + epsilon);
  const Tensor expected = wide * root * wide_scale;
  near("RMS norm", got[0], expected, limit(kind, 1e-5));
  if (rows > 0) {
    const Tensors slopes = gradients(expected, {wide, wide_scale}, outer);
    // Of one number the slope is almost 0, and is the difference of two that are not.
    if (width > 1) near("RMS norm: by x", got[1], slopes[0], limit(kind, 1e-4));
    near("RMS norm: by the weight", got[2], slopes[1],
         std::max(limit(kind, 1e-4), limit(scale.scalar_type(), 0)));
  }
  Handle in(x), w(scale), b(shift), out;
  succeed(ct_layer_norm(in, w, b, epsilon, out.out()));
  const Tensor centred = wide - wide.mean(-1, true);
  const Tensor normalised = centred * at::rsqrt(centred.square().mean(-1, true) + epsilon);
  near("layer norm", out.tensor(), normalised * wide_scale + doubled(shift), limit(kind, 2e-5, 4));
}

inline void swiglu() {
  const auto kind = type();
  const int64_t rows = whole(0, 40), width = whole(1, 300);
  const double size = chance(0.1) ? 200 : 3;
  Tensor gate = laid_out({rows, width}, kind, size), up = laid_out({rows, width}, kind);
  if (chance(0.5)) {
    const Tensor both = normal({rows, 2 * width}, kind, size);
    gate = both.narrow(1, 0, width), up = both.narrow(1, width, width);
  } else if (chance(0.2)) {
    gate = normal({width, rows}, kind, size).t();
  }
  now_trying("SwiGLU", kind, "N", rows, "D", width, "size", size);
  const Tensors in{tracked(gate), tracked(up)};
  const Tensor outer = normal({rows, width}, kind);
  const Tensors got = with_threads("SwiGLU", [&]() -> Tensors {
    Handle a(in[0]), b(in[1]), out;
    succeed(ct_swiglu(a, b, out.out()));
    if (rows == 0) return {out.tensor()};
    const Tensors slopes = gradients(out.tensor(), in, outer);
    return {out.tensor(), slopes[0], slopes[1]};
  });
  const Tensors wide{leaf(doubled(gate)), leaf(doubled(up))};
  const Tensor expected = wide[0] * at::sigmoid(wide[0]) * wide[1];
  // A gate that lies by columns takes ATen's operators, which round once more.
  const double roundings = gate.stride(1) == 1 || rows == 0 ? 2 : 4;
  near("SwiGLU", got[0], expected, limit(kind, 1e-5, roundings));
  if (rows == 0) return;
  const Tensors slopes = gradients(expected, wide, outer);
  near("SwiGLU: by the gate", got[1], slopes[0], limit(kind, 1e-5, 2 * roundings));
  near("SwiGLU: by up", got[2], slopes[1], limit(kind, 1e-5, roundings));
}

inline void rotation() {
  const auto kind = type();
  const int64_t rows = whole(0, 40), heads = whole(1, 6), half = whole(1, 70);
  const Tensor angles = normal({rows, half}, at::kFloat, 10);
  const Tensor x = tracked(
      chance(0.5) ? normal({rows, heads + 2, 2 * half}, kind).narrow(1, 1, heads)
                  : laid_out({rows, heads, 2 * half}, kind));
  const Tensor outer = normal({rows, heads, 2 * half}, kind);
  now_trying("rotation", kind, "N", rows, "H", heads, "K", 2 * half);
  const Tensors got = with_threads("rotation", [&]() -> Tensors {
    Handle in(x), c(angles.cos()), s(angles.sin()), out;
    succeed(ct_rotate(in, c, s, out.out()));
    if (rows == 0) return {out.tensor()};
    return {out.tensor(), gradients(out.tensor(), {x}, outer)[0]};
  });
  // As complex numbers: (a + bi) · e^(iφ).
  const Tensor wide = leaf(doubled(x));
  const Tensor c = doubled(angles.cos()).unsqueeze(1), s = doubled(angles.sin()).unsqueeze(1);
  const auto parts = wide.split(half, 2);
  const Tensor turned = at::complex(parts[0], parts[1]) * at::complex(c, s);
  const Tensor expected = at::cat({at::real(turned), at::imag(turned)}, 2);
  near("rotation", got[0], expected, limit(kind, 1e-5));
  if (rows > 0) {
    near("rotation: by x", got[1], gradients(expected, {wide}, outer)[0], limit(kind, 1e-5));
  }
}

// Six steps of a few parameters, which have a gradient at most of them.
inline void optimiser() {
  const int count = whole(1, 5);
  const double beta1 = real(0.8, 0.95), beta2 = real(0.9, 0.999), epsilon = 1e-8;
  const double decay = chance(0.5) ? real(0, 0.1) : 0, rate = real(1e-4, 1e-2);
  const bool tensorflow = chance(0.5);
  struct Exact {
    Tensor value, first, second;
    int steps = 0;
  };
  Tensors values;
  std::vector<Exact> exact;
  std::vector<Handle> handles;
  std::vector<ct_tensor> lists[3];
  for (int i = 0; i < count; ++i) {
    values.push_back(leaf(normal({whole(1, 40), whole(1, 40)}, at::kFloat)));
    const Tensor zero = at::zeros_like(values[i]).detach();
    exact.push_back({doubled(values[i]), doubled(zero), doubled(zero)});
    for (const Tensor &x : {values[i], zero.clone(), zero.clone()}) handles.emplace_back(x);
  }
  for (size_t i = 0; i < handles.size(); ++i) lists[i % 3].push_back(handles[i]);
  Handle steps(at::zeros({count}));
  for (int step = 0; step < 6; ++step) {
    now_trying("AdamW step", step, "tensorflow", tensorflow, "decay", decay);
    Tensors slopes(count);
    double squares = 0;
    for (int i = 0; i < count; ++i) {
      values[i].mutable_grad().reset();
      if (chance(0.2)) continue;
      const int64_t rows = values[i].size(0), columns = values[i].size(1);
      // At times by columns: the update reads the memory of all tensors in one order.
      const Tensor slope = chance(0.2) ? normal({columns, rows}, at::kFloat, 2).t()
                                       : normal({rows, columns}, at::kFloat, 2);
      values[i].mutable_grad() = slope;
      slopes[i] = doubled(slope.clone());
      squares += slopes[i].square().sum().item<double>();
    }
    const double most = real(0.5, 40), norm = std::sqrt(squares);
    double told = 0;
    succeed(ct_clip_grad_norm(lists[0].data(), count, most, &told));
    record("clipping: the norm", norm > 0 ? std::abs(told - norm) / norm : std::abs(told), 1e-6);
    for (int i = 0; i < count; ++i) {
      if (!slopes[i].defined()) continue;
      if (norm > most) slopes[i] = slopes[i] * (most / (norm + 1e-6));
      near("clipping", values[i].grad(), slopes[i], 1e-6);
    }
    succeed(ct_adamw(lists[0].data(), lists[1].data(), lists[2].data(), steps, count, rate, beta1,
                     beta2, epsilon, decay,
                     tensorflow ? CT_EPSILON_TENSORFLOW : CT_EPSILON_TORCH));
    for (int i = 0; i < count; ++i) {
      if (!slopes[i].defined()) continue;
      Exact &e = exact[i];
      ++e.steps;
      e.first = e.first * beta1 + slopes[i] * (1 - beta1);
      e.second = e.second * beta2 + slopes[i].square() * (1 - beta2);
      const double c1 = 1 - std::pow(beta1, e.steps), c2 = 1 - std::pow(beta2, e.steps);
      const Tensor by = tensorflow ? (e.second.sqrt() + epsilon) / std::sqrt(c2)
                                   : (e.second / c2).sqrt() + epsilon;
      e.value = e.value * (1 - rate * decay) - e.first / c1 / by * rate;
      near("AdamW", values[i], e.value, 1e-5);
    }
  }
}

}  // namespace fuzz
