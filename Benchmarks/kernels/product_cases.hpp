// Products with packed weights, adapters, and log-probabilities of chosen tokens.
#pragma once
#include "support.hpp"

namespace fuzz {

inline void packed_linear() {
  const at::NoGradGuard guard;
  const auto kind = type();
  const int64_t outputs = chance(0.1) ? whole(200, 700) : whole(1, 200);
  const int64_t inputs = chance(0.7) ? 2 * whole(1, 150) : whole(1, 300), rows = whole(0, 70);
  const bool has_bias = chance(0.5), wide = chance(0.3);
  const Tensor weight = laid_out({outputs, inputs}, kind), x = laid_out({rows, inputs}, kind);
  const Tensor bias = normal({outputs}, kind);
  now_trying("packed linear", kind, "N", rows, "D", inputs, "O", outputs, "bias", has_bias, "wide",
             wide);
  Handle w(weight), packed, b(bias);
  succeed(ct_pack_weight(w, whole(1, 64), packed.out()));
  const auto multiply = [&](const Tensor &x) {
    Handle in(x), out;
    succeed(ct_packed_linear(in, packed, outputs, has_bias ? b : nullptr, wide, out.out()));
    return out.tensor();
  };
  const bool ours = !packed.tensor().is_mkldnn();
  const Tensor got =
      ours ? with_threads("packed linear", [&] { return Tensors{multiply(x)}; })[0] : multiply(x);
  Tensor expected = at::matmul(doubled(x), doubled(weight).t());
  if (has_bias) expected = expected + doubled(bias);
  expect("packed linear: type", got.scalar_type() == (wide ? at::kFloat : kind));
  near(ours ? "packed linear" : "packed linear of oneDNN", got, expected,
       limit(wide && ours ? at::kFloat : kind, 1e-5));
  if (!ours || rows < 2) return;
  const int64_t row = whole(0, rows - 1);
  same_bits("packed linear: a row alone", got.narrow(0, row, 1), multiply(x.narrow(0, row, 1)));
}

inline void low_rank() {
  const auto kind = type();
  const int64_t outputs = whole(1, 150), rows = whole(1, 70);
  const int64_t inputs = chance(0.7) ? 2 * whole(1, 80) : whole(1, 160);
  const int64_t rank = chance(0.6) ? 2 * whole(1, 12) : whole(1, 24);
  const double scale = real(0.2, 3);
  const bool has_bias = chance(0.5);
  const Tensor weight = normal({outputs, inputs}, kind), bias = normal({outputs}, kind);
  const Tensors in{tracked(laid_out({rows, inputs}, kind)),
                   leaf(normal({rank, inputs}, at::kFloat, 0.3)),
                   leaf(normal({outputs, rank}, at::kFloat, 0.3))};
  const Tensor outer = normal({rows, outputs}, kind);
  Handle w(weight), turned(weight.t()), packed, packed_turned, b(bias);
  bool packs = false, packs_turned = false;
  succeed(ct_packs(w, &packs));
  succeed(ct_packs(turned, &packs_turned));
  const bool is_packed = packs && packs_turned && chance(0.8);
  if (is_packed) {
    succeed(ct_pack_weight(w, 512, packed.out()));
    succeed(ct_pack_weight(turned, 512, packed_turned.out()));
  }
  now_trying("low rank", kind, "N", rows, "D", inputs, "O", outputs, "R", rank, "packed", is_packed,
             "bias", has_bias);
  Handle x(in[0]), down(in[1]), up(in[2]), out;
  succeed(ct_low_rank_linear(x, w, packed, packed_turned, has_bias ? b : nullptr, down, up, scale,
                             out.out()));
  const Tensors got = gradients(out.tensor(), in, outer);
  // The adapter is rounded to the type of the computation, as the layer does.
  const Tensors wide{leaf(doubled(in[0])), leaf(doubled(in[1].detach().to(kind))),
                     leaf(doubled(in[2]))};
  Tensor expected = at::matmul(wide[0], doubled(weight).t()) +
                    at::matmul(at::matmul(wide[0], wide[1].t()), wide[2].t()) * scale;
  if (has_bias) expected = expected + doubled(bias);
  const Tensors slopes = gradients(expected, wide, outer);
  near("low rank", out.tensor(), expected, limit(kind, 2e-5, 4));
  const char *names[] = {"low rank: by x", "low rank: by down", "low rank: by up"};
  for (int i = 0; i < 3; ++i) near(names[i], got[i], slopes[i], limit(kind, 1e-4, 5));
}

inline void log_probabilities() {
  const auto kind = type();
  const bool large = chance(0.05);
  const int64_t vocabulary = large ? whole(300000, 600000) : whole(1, 3000);
  const int64_t inputs = large ? 2 : whole(1, 64), rows = whole(0, large ? 30 : 60);
  const double temperature = real(0.3, 2);
  const Tensor w = normal({vocabulary, inputs}, kind, 2 / std::sqrt(double(inputs)));
  const Tensors in{tracked(laid_out({rows, inputs}, kind)), leaf(w)};
  const Tensor targets = at::randint(vocabulary, {rows}, at::kLong);
  const Tensor outer = normal({rows}, at::kFloat);
  Handle hidden(in[0]), weight(in[1]), packed, chosen, entropy, ids(targets);
  bool packs = false;
  succeed(ct_packs(weight, &packs));
  const bool is_packed = packs && chance(0.5);
  if (is_packed) succeed(ct_pack_weight(weight, 512, packed.out()));
  now_trying("log p", kind, "N", rows, "D", inputs, "V", vocabulary, "T", temperature, "packed",
             is_packed);
  succeed(ct_selected_log_probabilities(hidden, weight, packed, ids, temperature, chosen.out(),
                                        entropy.out()));
  if (rows == 0) return expect("log p of nothing", chosen.tensor().numel() == 0);
  const Tensors wide{leaf(doubled(in[0])), leaf(doubled(in[1]))};
  const Tensor logits = at::matmul(wide[0], wide[1].t()) / temperature;
  const Tensor all = logits.log_softmax(-1);
  const Tensor expected = all.gather(1, targets.unsqueeze(1)).squeeze(1);
  // Logits rounded to bf16 are off by their own size; packed ones are fp32. Half a million terms
  // are added up in fp32.
  const double size = 1 + logits.detach().abs().max().item<double>();
  const bool rounds = !is_wide(kind) && !is_packed;
  const double exact = (large ? 4e-4 : 2e-5) * size;
  const std::string name = rounds ? "log p of bf16 logits" : "log p";
  near(name + " (absolute)", chosen.tensor(), expected, rounds ? size / 128 : exact, 1);
  const Tensor surprise = -(all.exp() * all).sum(-1);
  near(name + ": entropy (absolute)", entropy.tensor(), surprise,
       rounds ? 0.1 : std::max(exact, large ? 4e-3 : 2e-4), 1);
  if (vocabulary == 1) return;
  const Tensors got = gradients(chosen.tensor(), in, outer);
  const Tensors slopes = gradients(expected, wide, outer);
  near(name + ": by hidden states", got[0], slopes[0], is_wide(kind) ? (large ? 2e-3 : 1e-4) : 0.06);
  near(name + ": by the weight", got[1], slopes[1], is_wide(kind) ? (large ? 2e-3 : 1e-4) : 0.06);
}

}  // namespace fuzz
