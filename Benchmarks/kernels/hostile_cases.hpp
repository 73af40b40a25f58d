// Calls that must be refused with a message, without a byte read or written out of bounds.
#pragma once
#include <functional>

#include "support.hpp"

namespace fuzz {

struct Hostile {
  const char *name;
  std::function<ct_status()> call;
};

inline Handle floats_of(at::IntArrayRef shape) { return Handle(at::randn(shape)); }
inline Handle narrow_of(at::IntArrayRef shape) { return Handle(at::randn(shape).to(at::kBFloat16)); }
inline Handle whole_of(at::IntArrayRef shape) { return Handle(at::zeros(shape, at::kLong)); }

inline ct_status attend(at::IntArrayRef q, at::IntArrayRef k, at::IntArrayRef v,
                        std::vector<int64_t> lengths, std::vector<int64_t> parents,
                        ct_mask mask = {true, 0}) {
  Handle a = floats_of(q), b = floats_of(k), c = floats_of(v), out;
  return ct_packed_attention(a, b, c, lengths.data(), parents.data(), lengths.size(), 1, mask,
                             out.out());
}

// One token in a cache of 2 slots, 2 groups, 8 positions and heads of 16.
inline ct_status write(const Tensor &keys, at::IntArrayRef written, int64_t slot, int64_t position,
                       at::ScalarType type = at::kFloat) {
  Handle a(keys), b(keys.clone()), k(at::randn(written).to(type)), v(at::randn(written).to(type));
  return ct_cache_write(a, b, k, v, &slot, &position);
}
inline ct_status look(at::IntArrayRef query, int64_t slot, int64_t position, int64_t window = 0,
                      const Tensor &keys = at::randn({2, 2, 8, 16})) {
  Handle q = floats_of(query), a(keys), b(keys.contiguous().clone()), out;
  return ct_cache_attention(q, a, b, &slot, &position, 1, window, out.out());
}

inline ct_status multiply(int64_t outputs, at::IntArrayRef x, int64_t bias, const Tensor &weight) {
  Handle w(weight), packed, in(at::randn(x).to(weight.scalar_type())), out;
  Handle b(at::zeros({bias}));
  succeed(ct_pack_weight(w, 8, packed.out()));
  return ct_packed_linear(in, packed, outputs, b, false, out.out());
}

inline ct_status sample(std::function<void(ct_sampling &)> change, float bias = 0,
                        at::IntArrayRef shape = {1, 50}) {
  ct_sampling how{0.5, 1, 5, 0.9, 0.1, 1.1, 1, 1};
  change(how);
  const int64_t token = 3;
  int64_t id = 0;
  float log_probability = 0;
  Handle logits = floats_of(shape);
  return ct_sample(logits, &how, &token, &token, &bias, &id, &log_probability);
}

inline ct_status choose(at::IntArrayRef hidden, at::IntArrayRef weight, const Tensor &targets,
                        double temperature = 1, const Tensor &packed = {}) {
  Handle h = floats_of(hidden), w = floats_of(weight), t(targets), out;
  Handle p(packed.defined() ? packed : at::zeros({1}));
  return ct_selected_log_probabilities(h, w, packed.defined() ? p : nullptr, t, temperature,
                                       out.out(), nullptr);
}

inline ct_status adapt(at::IntArrayRef x, at::IntArrayRef weight, at::IntArrayRef down,
                       at::IntArrayRef up, const Tensor &packed = {}) {
  Handle a = narrow_of(x), w = narrow_of(weight), d = floats_of(down), u = floats_of(up), out;
  Handle p(packed.defined() ? packed : at::zeros({1}));
  ct_tensor lanes = packed.defined() ? static_cast<ct_tensor>(p) : nullptr;
  return ct_low_rank_linear(a, w, lanes, lanes, nullptr, d, u, 1, out.out());
}

inline ct_status update(const Tensor &value, const Tensor &moment, const Tensor &steps,
                        const Tensor &gradient = {}) {
  const Tensor parameter = value.clone(at::MemoryFormat::Preserve).set_requires_grad(true);
  if (gradient.defined()) parameter.mutable_grad() = gradient;
  Handle p(parameter), m(moment), v(moment.clone()), s(steps);
  ct_tensor lists[] = {p, m, v};
  return ct_adamw(lists, lists + 1, lists + 2, s, 1, 1e-3, 0.9, 0.999, 1e-8, 0, CT_EPSILON_TORCH);
}

inline std::vector<Hostile> hostile_calls() {
  const Tensor cache = at::randn({2, 2, 8, 16});
  const Tensor strided = at::randn({2, 8, 2, 16}).transpose(1, 2);
  const Tensor narrow = at::randn({32, 64}).to(at::kBFloat16), wide = at::randn({32, 64});
  const Tensor lanes = at::randn({1, 4, 16, 2}).to(at::kBFloat16);
  const int64_t most = INT64_MAX;
  return {
      {"threads: none", [] { return ct_set_num_threads(0); }},
      {"threads: negative", [] { return ct_set_num_threads(-4); }},
      {"shape: negative rank", [] { Handle o; int64_t s[] = {2}; return ct_full(s, -1, 0, CT_FLOAT32, CT_CPU, o.out()); }},
      {"shape: negative size", [] { Handle o; int64_t s[] = {-2}; return ct_empty(s, 1, CT_FLOAT32, CT_CPU, o.out()); }},
      {"shape: none given", [] { Handle o; return ct_empty(nullptr, 3, CT_FLOAT32, CT_CPU, o.out()); }},
      {"shape: too large", [=] { Handle o; int64_t s[] = {most / 2, 8}; return ct_empty(s, 2, CT_FLOAT32, CT_CPU, o.out()); }},
      {"type: unknown", [] { Handle o; int64_t s[] = {2}; return ct_empty(s, 1, ct_dtype(77), CT_CPU, o.out()); }},
      {"device: unknown", [] { Handle o; int64_t s[] = {2}; return ct_empty(s, 1, CT_FLOAT32, ct_device_type(7), o.out()); }},
      {"bytes: none", [] { Handle o; int64_t s[] = {2}; return ct_from_bytes(nullptr, s, 1, CT_FLOAT32, o.out()); }},
      {"bytes: borrowed none", [] { Handle o; int64_t s[] = {2}; return ct_from_borrowed(nullptr, s, 1, CT_FLOAT32, [](void *) {}, nullptr, o.out()); }},
      {"bytes: wrong size", [] { Handle x = floats_of({4}); char b[8]; return ct_copy_bytes(x, b, 8); }},
      {"reshape: negative rank", [] { Handle x = floats_of({4}), o; int64_t s[] = {4}; return ct_reshape(x, s, -1, o.out()); }},
      {"cat: negative count", [] { Handle x = floats_of({4}), o; ct_tensor l[] = {x}; return ct_cat(l, -1, 0, o.out()); }},
      {"item: of many", [] { Handle x = floats_of({4}); double v; return ct_item(x, &v); }},
      {"embedding: no such row", [] { Handle w = floats_of({4, 2}), o, i(at::full({1}, 9, at::kLong)); return ct_embedding(w, i, o.out()); }},
      {"gather: no such place", [] { Handle w = floats_of({4, 2}), o, i(at::full({1, 1}, -9, at::kLong)); return ct_gather(w, 1, i, o.out()); }},
      {"index select: no such row", [] { Handle w = floats_of({4, 2}), o, i(at::full({1}, 4, at::kLong)); return ct_index_select(w, 0, i, o.out()); }},
      {"assign: other shape", [] { Handle x = floats_of({4, 2}), y = floats_of({2}); return ct_assign(x, y); }},
      {"generator: short state", [] { ct_generator g; succeed(ct_generator_new(1, &g)); uint8_t b[8] = {}; const auto s = ct_generator_set_state(g, b, 8); ct_generator_free(g); return s; }},
      {"generator: small buffer", [] { ct_generator g; succeed(ct_generator_new(1, &g)); uint8_t b[8]; int64_t n = 8; const auto s = ct_generator_get_state(g, b, &n); ct_generator_free(g); return s; }},

      {"attention: negative length", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {5, -2}, {-1, -1}); }},
      {"attention: too long", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {4}, {-1}); }},
      {"attention: lengths overflow", [=] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {most, most, 5}, {-1, -1, -1}); }},
      {"attention: too short", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {2}, {-1}); }},
      {"attention: later parent", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {1, 2}, {1, -1}); }},
      {"attention: strange parent", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {1, 2}, {-1, -7}); }},
      {"attention: no groups", [] { return attend({3, 1, 16}, {3, 0, 16}, {3, 0, 16}, {3}, {-1}); }},
      {"attention: no width", [] { return attend({3, 1, 0}, {3, 1, 0}, {3, 1, 0}, {3}, {-1}); }},
      {"attention: odd groups", [] { return attend({3, 3, 16}, {3, 2, 16}, {3, 2, 16}, {3}, {-1}); }},
      {"attention: fewer keys", [] { return attend({3, 1, 16}, {2, 1, 16}, {2, 1, 16}, {3}, {-1}); }},
      {"attention: other values", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 8}, {3}, {-1}); }},
      {"attention: negative window", [] { return attend({3, 1, 16}, {3, 1, 16}, {3, 1, 16}, {3}, {-1}, {true, -2}); }},
      {"attention: negative count", [] { Handle q = floats_of({3, 1, 16}), o; int64_t l[] = {3}; return ct_packed_attention(q, q, q, l, l, -1, 1, {true, 0}, o.out()); }},

      {"cache write: negative slot", [=] { return write(cache, {1, 2, 16}, -100, 0); }},
      {"cache write: negative position", [=] { return write(cache, {1, 2, 16}, 0, -1); }},
      {"cache write: no such slot", [=] { return write(cache, {1, 2, 16}, 2, 0); }},
      {"cache write: no such position", [=] { return write(cache, {1, 2, 16}, 1, 8); }},
      {"cache write: other groups", [=] { return write(cache, {1, 3, 16}, 1, 7); }},
      {"cache write: other width", [=] { return write(cache, {1, 2, 17}, 1, 7); }},
      {"cache write: other rank", [=] { return write(cache, {2, 16}, 1, 7); }},
      {"cache write: other type", [=] { return write(cache, {1, 2, 16}, 1, 7, at::kDouble); }},
      {"cache write: not dense", [=] { return write(strided, {1, 2, 16}, 0, 3); }},
      {"cache: negative position", [] { return look({1, 4, 16}, 1, -3); }},
      {"cache: no such position", [] { return look({1, 4, 16}, 1, 4000); }},
      {"cache: no such slot", [] { return look({1, 4, 16}, 2, 3); }},
      {"cache: negative slot", [] { return look({1, 4, 16}, -1, 3); }},
      {"cache: odd groups", [] { return look({1, 3, 16}, 1, 3); }},
      {"cache: other width", [] { return look({1, 4, 32}, 1, 3); }},
      {"cache: negative window", [] { return look({1, 4, 16}, 1, 3, -1); }},
      {"cache: not dense", [=] { return look({1, 4, 16}, 1, 3, 0, strided); }},

      {"packed: too many outputs", [=] { return multiply(4000, {3, 64}, 4000, narrow); }},
      {"packed: too few outputs", [=] { return multiply(16, {3, 64}, 16, narrow); }},
      {"packed: negative outputs", [=] { return multiply(-1, {3, 64}, 32, narrow); }},
      {"packed: short bias", [=] { return multiply(32, {3, 64}, 8, narrow); }},
      {"packed: other inputs", [=] { return multiply(32, {3, 62}, 32, narrow); }},
      {"packed: other rank", [=] { return multiply(32, {3, 2, 64}, 32, narrow); }},
      {"packed fp32: too many outputs", [=] { return multiply(4000, {3, 64}, 4000, wide); }},
      {"packed fp32: short bias", [=] { return multiply(32, {3, 64}, 8, wide); }},
      {"packed fp32: other inputs", [=] { return multiply(32, {3, 62}, 32, wide); }},
      {"packed: not packed at all", [=] { Handle w(narrow), x(narrow), o; return ct_packed_linear(x, w, 32, nullptr, false, o.out()); }},
      {"pack: no matrix", [] { Handle w = narrow_of({4, 4, 4}), o; return ct_pack_weight(w, 8, o.out()); }},
      {"pack: no rows", [=] { Handle w(wide), o; return ct_pack_weight(w, -3, o.out()); }},
      {"adapter: other down", [] { return adapt({3, 8}, {4, 8}, {2, 6}, {4, 2}); }},
      {"adapter: other up", [] { return adapt({3, 8}, {4, 8}, {2, 8}, {5, 2}); }},
      {"adapter: other rank", [] { return adapt({3, 8}, {4, 8}, {2, 8}, {4, 4}); }},
      {"adapter: other inputs", [] { return adapt({3, 6}, {4, 8}, {2, 8}, {4, 2}); }},
      {"adapter: other lanes", [=] { return adapt({3, 8}, {40, 8}, {2, 8}, {40, 2}, lanes); }},

      {"log p: few targets", [] { return choose({64, 8}, {50, 8}, at::zeros({3}, at::kLong)); }},
      {"log p: many targets", [] { return choose({2, 8}, {50, 8}, at::zeros({3}, at::kLong)); }},
      {"log p: no such token", [] { return choose({1, 8}, {50, 8}, at::full({1}, 50, at::kLong)); }},
      {"log p: negative token", [] { return choose({1, 8}, {50, 8}, at::full({1}, -1, at::kLong)); }},
      {"log p: narrow targets", [] { return choose({1, 8}, {50, 8}, at::zeros({1}, at::kInt)); }},
      {"log p: other width", [] { return choose({1, 6}, {50, 8}, at::zeros({1}, at::kLong)); }},
      {"log p: no vocabulary", [] { return choose({1, 8}, {0, 8}, at::zeros({1}, at::kLong)); }},
      {"log p: cold", [] { return choose({1, 8}, {50, 8}, at::zeros({1}, at::kLong), 1e-39); }},
      {"log p: no temperature", [] { return choose({1, 8}, {50, 8}, at::zeros({1}, at::kLong), NAN); }},
      {"log p: other lanes", [=] { return choose({1, 8}, {50, 8}, at::zeros({1}, at::kLong), 1, lanes); }},

      {"RMS norm: short weight", [] { Handle x = floats_of({8, 64}), w = floats_of({32}), o; return ct_rms_norm(x, w, 1e-5, o.out()); }},
      {"RMS norm: square weight", [] { Handle x = floats_of({8, 64}), w = floats_of({1, 64}), o; return ct_rms_norm(x, w, 1e-5, o.out()); }},
      {"RMS norm: whole numbers", [] { Handle x = whole_of({8, 64}), w = floats_of({64}), o; return ct_rms_norm(x, w, 1e-5, o.out()); }},
      {"RMS norm: a number", [] { Handle x = floats_of({}), w = floats_of({1}), o; return ct_rms_norm(x, w, 1e-5, o.out()); }},
      {"layer norm: short bias", [] { Handle x = floats_of({8, 64}), w = floats_of({64}), b = floats_of({32}), o; return ct_layer_norm(x, w, b, 1e-5, o.out()); }},
      {"SwiGLU: smaller up", [] { Handle x = floats_of({8, 64}), y = floats_of({8, 32}), o; return ct_swiglu(x, y, o.out()); }},
      {"SwiGLU: other type", [] { Handle x = floats_of({8, 64}), y = narrow_of({8, 64}), o; return ct_swiglu(x, y, o.out()); }},
      {"rotation: short sines", [] { Handle x = floats_of({8, 2, 16}), c = floats_of({8, 8}), s = floats_of({2, 8}), o; return ct_rotate(x, c, s, o.out()); }},
      {"rotation: narrow cosines", [] { Handle x = floats_of({8, 2, 16}), c = narrow_of({8, 8}), s = floats_of({8, 8}), o; return ct_rotate(x, c, s, o.out()); }},
      {"rotation: odd heads", [] { Handle x = floats_of({8, 2, 15}), c = floats_of({8, 8}), o; return ct_rotate(x, c, c, o.out()); }},

      {"sampling: no logits", [] { return sample([](ct_sampling &) {}, 0, {1, 0}); }},
      {"sampling: one row of numbers", [] { return sample([](ct_sampling &) {}, 0, {50}); }},
      {"sampling: temperature below 0", [] { return sample([](ct_sampling &s) { s.temperature = -1; }); }},
      {"sampling: NaN temperature", [] { return sample([](ct_sampling &s) { s.temperature = NAN; }); }},
      {"sampling: infinite temperature", [] { return sample([](ct_sampling &s) { s.temperature = INFINITY; }); }},
      {"sampling: NaN uniform", [] { return sample([](ct_sampling &s) { s.uniform = NAN; }); }},
      {"sampling: uniform of 1", [] { return sample([](ct_sampling &s) { s.uniform = 1; }); }},
      {"sampling: negative top k", [] { return sample([](ct_sampling &s) { s.top_k = -1; }); }},
      {"sampling: top p of 0", [] { return sample([](ct_sampling &s) { s.top_p = 0; }); }},
      {"sampling: NaN top p", [] { return sample([](ct_sampling &s) { s.top_p = NAN; }); }},
      {"sampling: min p of 1", [] { return sample([](ct_sampling &s) { s.min_p = 1; }); }},
      {"sampling: penalty of 0", [] { return sample([](ct_sampling &s) { s.repetition_penalty = 0; }); }},
      {"sampling: tiny penalty", [] { return sample([](ct_sampling &s) { s.repetition_penalty = 1e-40; }); }},
      {"sampling: negative count", [] { return sample([](ct_sampling &s) { s.penalised_count = -1; }); }},
      {"sampling: infinite bias", [] { return sample([](ct_sampling &) {}, INFINITY); }},

      {"AdamW: short moments", [] { return update(at::randn({8, 8}), at::zeros({8}), at::zeros({1}), at::randn({8, 8})); }},
      {"AdamW: no steps", [] { return update(at::randn({8, 8}), at::zeros({8, 8}), at::zeros({0}), at::randn({8, 8})); }},
      {"AdamW: whole steps", [] { return update(at::randn({8, 8}), at::zeros({8, 8}), at::zeros({1}, at::kLong), at::randn({8, 8})); }},
      {"AdamW: parameter by columns", [] { return update(at::randn({8, 4}).t(), at::zeros({4, 8}), at::zeros({1}), at::randn({4, 8})); }},
      {"AdamW: wide moments", [] { return update(at::randn({8, 8}), at::zeros({8, 8}, at::kDouble), at::zeros({1}), at::randn({8, 8})); }},
      {"clipping: NaN limit", [] { Handle p = floats_of({4}); ct_tensor l[] = {p}; double n; return ct_clip_grad_norm(l, 1, NAN, &n); }},
      {"recomputation: fails", [] {
         Handle x = floats_of({4}), o;
         return ct_recomputed(x, [](void *, ct_tensor, ct_tensor *) -> ct_status { return 1; }, nullptr, [](void *) {}, o.out());
       }},
      {"recomputation: gives nothing", [] {
         Handle x = floats_of({4}), o;
         return ct_recomputed(x, [](void *, ct_tensor, ct_tensor *) -> ct_status { return 0; }, nullptr, [](void *) {}, o.out());
       }},
  };
}

inline void hostile() {
  for (const Hostile &each : hostile_calls()) {
    now_trying(each.name);
    const ct_status status = each.call();
    expect(std::string("refused: ") + each.name, status == 1 && std::strlen(ct_last_error()) > 0);
  }
  Handle x = floats_of({4, 2});
  now_trying("sizes that are not there");
  expect("sizes that are not there are −1", ct_size(x, 5) == -1 && ct_size(x, -1) == -1);
}

}  // namespace fuzz
