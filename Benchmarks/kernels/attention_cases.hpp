// Attention over packed batches, and over a cache.
#pragma once
#include "support.hpp"

namespace fuzz {

struct Segments {
  std::vector<int64_t> lengths, parents;
  int64_t tokens = 0;
};

inline Segments random_segments(bool may_share) {
  Segments s;
  const int64_t count = whole(1, 6);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t length = chance(0.1) ? 0 : chance(0.15) ? whole(60, 150) : whole(1, 40);
    s.lengths.push_back(length);
    s.parents.push_back(may_share && i > 0 && chance(0.7) ? whole(0, i - 1) : -1);
    s.tokens += length;
  }
  return s;
}

// [N, N]: whether token i sees token j, from the definition alone.
inline Tensor visible(const Segments &s, const ct_mask &mask) {
  const int64_t count = s.lengths.size();
  std::vector<int64_t> start(count), before(count);
  for (int64_t i = 0, at = 0; i < count; at += s.lengths[i++]) {
    start[i] = at;
    const int64_t parent = s.parents[i];
    before[i] = parent < 0 ? 0 : before[parent] + s.lengths[parent];
  }
  Tensor seen = at::zeros({s.tokens, s.tokens}, at::kBool);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t other = i; other >= 0; other = s.parents[other]) {
      const Tensor mine = at::arange(before[i], before[i] + s.lengths[i]).unsqueeze(1);
      const Tensor theirs = at::arange(before[other], before[other] + s.lengths[other]).unsqueeze(0);
      const Tensor back = mine - theirs;
      Tensor sees = mask.causal ? back.ge(0) : at::ones_like(back).to(at::kBool);
      if (mask.window > 0) sees = sees.logical_and(back.lt(mask.window));
      seen.narrow(0, start[i], s.lengths[i]).narrow(1, start[other], s.lengths[other]).copy_(sees);
    }
  }
  return seen;
}

inline Tensor exact_attention(const Tensor &q, const Tensor &k, const Tensor &v, const Tensor &seen,
                              double scale) {
  const int64_t shared = q.size(1) / k.size(1);
  const auto heads = [&](const Tensor &x, int64_t times) {
    return x.repeat_interleave(times, 1).transpose(0, 1);
  };
  const Tensor scores = at::matmul(heads(q, 1), heads(k, shared).transpose(1, 2)) * scale;
  const Tensor weights = scores.masked_fill(seen.logical_not(), -INFINITY).softmax(-1);
  return at::matmul(weights, heads(v, shared)).transpose(0, 1);
}

// Queries, keys and values: on their own, parts of one matrix, or side by side in every head.
inline Tensors random_heads(int64_t tokens, int64_t heads, int64_t groups, int64_t width,
                            at::ScalarType type) {
  if (chance(0.5)) {
    const Tensor all = normal({tokens, heads + 2 * groups, width}, type);
    return {all.narrow(1, 0, heads), all.narrow(1, heads, groups),
            all.narrow(1, heads + groups, groups)};
  }
  if (chance(0.3) && heads == groups) {
    const Tensor all = normal({tokens, heads, 3 * width}, type);
    return {all.narrow(2, 0, width), all.narrow(2, width, width), all.narrow(2, 2 * width, width)};
  }
  return {normal({tokens, heads, width}, type), normal({tokens, groups, width}, type),
          normal({tokens, groups, width}, type)};
}

inline void attention() {
  const auto kind = type();
  const int64_t width = chance(0.3) ? 32 * whole(1, 3) : whole(1, 140);
  const int64_t groups = whole(1, 4), heads = groups * whole(1, 5);
  const ct_mask mask{chance(0.8), chance(0.3) ? whole(1, 60) : 0};
  const Segments s = random_segments(mask.causal && chance(0.6));
  const double scale = real(0.05, 0.5);
  const Tensors parts = random_heads(s.tokens, heads, groups, width, kind);
  now_trying("attention", kind, "N", s.tokens, "H", heads, "G", groups, "K", width, "causal",
             mask.causal, "window", mask.window, "lengths", s.lengths, "parents", s.parents);
  const Tensors in{tracked(parts[0]), tracked(parts[1]), tracked(parts[2])};
  const Tensor outer = chance(0.2)
                           ? normal({1, 1, width}, kind).expand({s.tokens, heads, width})
                           : normal({s.tokens, heads, width}, kind);
  const Tensors got = with_threads("attention", [&]() -> Tensors {
    Handle q(in[0]), k(in[1]), v(in[2]), out;
    succeed(ct_packed_attention(q, k, v, s.lengths.data(), s.parents.data(), s.lengths.size(), scale,
                                mask, out.out()));
    Tensors results{out.tensor()};
    if (s.tokens > 0) {
      for (const Tensor &g : gradients(out.tensor(), in, outer)) results.push_back(g);
    }
    return results;
  });
  if (s.tokens == 0) return;
  const Tensors wide{leaf(doubled(in[0])), leaf(doubled(in[1])), leaf(doubled(in[2]))};
  const Tensor expected = exact_attention(wide[0], wide[1], wide[2], visible(s, mask), scale);
  const Tensors slopes = gradients(expected, wide, outer);
  near("attention", got[0], expected, limit(kind, 2e-5));
  const char *names[] = {"attention: by queries", "attention: by keys", "attention: by values"};
  for (int i = 0; i < 3; ++i) near(names[i], got[i + 1], slopes[i], limit(kind, 1e-4, 3));
}

inline void cache() {
  const at::NoGradGuard guard;
  const auto kind = type();
  const int64_t slots = whole(1, 9), groups = whole(1, 4), room = whole(1, 90);
  const int64_t width = chance(0.3) ? 64 : whole(1, 140), heads = groups * whole(1, 7);
  const int64_t rows = whole(1, slots), window = chance(0.3) ? whole(1, 40) : 0;
  const double scale = real(0.05, 0.5);
  std::vector<int64_t> slot(slots), last(rows);
  for (int64_t i = 0; i < slots; ++i) slot[i] = i;
  std::shuffle(slot.begin(), slot.end(), engine);
  for (int64_t &position : last) position = chance(0.2) ? room - 1 : whole(0, room - 1);
  now_trying("cache", kind, "S", slots, "G", groups, "T", room, "K", width, "H", heads, "window",
             window, "last", last);
  // What no token may see is NaN.
  const Tensor keys = at::full({slots, groups, room, width}, NAN, at::kFloat).to(kind);
  const Tensor values = keys.clone();
  std::vector<int64_t> to_slot, to_position;
  for (int64_t n = 0; n < rows; ++n) {
    for (int64_t p = 0; p <= last[n]; ++p) to_slot.push_back(slot[n]), to_position.push_back(p);
  }
  const Tensors written = random_heads(to_slot.size(), groups, groups, width, kind);
  {
    Handle a(keys), b(values), k(written[1]), v(written[2]);
    succeed(ct_cache_write(a, b, k, v, to_slot.data(), to_position.data()));
  }
  const auto index = [&](Tensor into, const Tensor &from) {
    into.index_put_({at::tensor(to_slot), at::indexing::Slice(), at::tensor(to_position)}, from);
    return into.nan_to_num(7);
  };
  const Tensor empty = at::full({slots, groups, room, width}, NAN, at::kFloat).to(kind);
  same_bits("cache: what is written", keys.nan_to_num(7), index(empty.clone(), written[1]));
  same_bits("cache: what is written", values.nan_to_num(7), index(empty.clone(), written[2]));

  const Tensor q = laid_out({rows, heads, width}, kind);
  const auto attend = [&](const Tensor &q, const int64_t *slot, const int64_t *position) {
    Handle query(q), a(keys), b(values), out;
    succeed(ct_cache_attention(query, a, b, slot, position, scale, window, out.out()));
    return out.tensor();
  };
  const Tensor got = with_threads("cache attention", [&] {
    return Tensors{attend(q, slot.data(), last.data())};
  })[0];
  Tensors expected;
  for (int64_t n = 0; n < rows; ++n) {
    same_bits("cache attention: a row alone", got.narrow(0, n, 1),
              attend(q.narrow(0, n, 1), &slot[n], &last[n]));
    const int64_t from = window > 0 ? std::max<int64_t>(0, last[n] + 1 - window) : 0;
    const auto past = [&](const Tensor &cache) {
      return doubled(cache[slot[n]].narrow(1, from, last[n] + 1 - from)).transpose(0, 1);
    };
    const Tensor seen = at::ones({1, last[n] + 1 - from}, at::kBool);
    expected.push_back(
        exact_attention(doubled(q.narrow(0, n, 1)), past(keys), past(values), seen, scale));
  }
  near("cache attention", got, at::cat(expected), limit(kind, 2e-5));
}

}  // namespace fuzz
