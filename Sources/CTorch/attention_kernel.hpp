// The kernel of attention over a packed batch on a CPU: one segment at a time, fp32 inside.
#pragma once
#include <c10/util/ArrayRef.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ct_torch.h"
#include "products.hpp"

namespace ct {

// N tokens · H query heads · G key-value heads · K head size · L tokens of a path.

// A contiguous run of tokens, and the path of tokens that it continues.
struct Segment {
  int64_t start, length, parent;
  // The number of tokens before it on the path, and the tree that it belongs to.
  int64_t before, tree;
};

struct Layout {
  std::vector<Segment> segments;
  int64_t trees = 0;
  double scale;
  ct_mask mask;

  // Creates segments whose lengths sum to `tokens`.
  Layout(c10::IntArrayRef lengths, c10::IntArrayRef parents, int64_t tokens, double scale,
         ct_mask mask)
      : scale(scale), mask(mask) {
    TORCH_CHECK(mask.window >= 0, "a window of ", mask.window, " tokens");
    int64_t start = 0;
    for (int64_t i = 0; i < static_cast<int64_t>(lengths.size()); ++i) {
      const int64_t parent = parents[i];
      TORCH_CHECK(lengths[i] >= 0 && lengths[i] <= tokens - start, "segment ", i, " has ",
                  lengths[i], " tokens, and ", tokens - start, " of ", tokens, " are left");
      TORCH_CHECK(parent >= -1 && parent < i, "segment ", i, " continues the segment ", parent);
      TORCH_CHECK(parent < 0 || mask.causal,
                  "sequences can share prefixes only with causal attention");
      const bool begins = parent < 0;
      segments.push_back({start, lengths[i], parent,
                          begins ? 0 : segments[parent].before + segments[parent].length,
                          begins ? trees++ : segments[parent].tree});
      start += lengths[i];
    }
    TORCH_CHECK(start == tokens, "lengths of ", start, " tokens for ", tokens);
  }

  int64_t tokens() const {
    return segments.empty() ? 0 : segments.back().start + segments.back().length;
  }

  // Returns the rows of a segment's path; its own rows are the last.
  void path(const Segment &segment, std::vector<int64_t> &rows) const {
    rows.resize(segment.before + segment.length);
    for (const Segment *at = &segment;; at = &segments[at->parent]) {
      for (int64_t i = 0; i < at->length; ++i) rows[at->before + i] = at->start + i;
      if (at->parent < 0) break;
    }
  }

  // Returns the range of positions that the token at `position` of its path attends to.
  int64_t first_seen(int64_t position) const {
    return mask.window > 0 ? std::max<int64_t>(0, position + 1 - mask.window) : 0;
  }
  int64_t end_seen(int64_t position, int64_t length) const {
    return mask.causal ? position + 1 : length;
  }
};

// A tensor [N, heads, K] whose token stride may exceed the width of its heads.
template <class T>
struct Heads {
  T *data;
  int64_t step, width;

  T *at(int64_t row, int64_t head) const { return data + row * step + head * width; }
};

// The number of queries that are multiplied by the keys of their path together.
constexpr int64_t block_rows = 24;

// The fp32 buffers of one thread, with rows of `padded` numbers, or of the length of a path.
struct Scratch {
  std::vector<int64_t> rows;
  std::vector<float> keys, turned_keys, values, queries, scores, sums;
  std::vector<float> gradients, score_gradients, key_gradients, value_gradients;
};

inline float *sized(std::vector<float> &memory, int64_t count) {
  if (static_cast<int64_t>(memory.size()) < count) memory.resize(count);
  return memory.data();
}

// out [count, padded] ← heads of `rows`, times `scale`. The padding is zero.
template <class T>
CT_INLINE void gather(const Heads<const T> &from, const int64_t *rows, int64_t count, int64_t head,
                      float scale, float *out, int64_t padded) {
  for (int64_t t = 0; t < count; ++t) {
    const T *row = from.at(rows[t], head);
    float *to = out + t * padded;
    for (int64_t i = 0; i < from.width; ++i) to[i] = widen(row[i]) * scale;
    for (int64_t i = from.width; i < padded; ++i) to[i] = 0;
  }
}

// out [K, padded] ← the transpose: one row per element of a head.
template <class T>
CT_INLINE void gather_turned(const Heads<const T> &from, const int64_t *rows, int64_t count,
                             int64_t head, float *out, int64_t padded) {
  // Sixteen tokens at a time, so that complete cache lines of `out` are written.
  for (int64_t t = 0; t < padded; t += product_lanes) {
    const int64_t there = std::min(product_lanes, count - t);
    const T *row[product_lanes];
    for (int64_t j = 0; j < there; ++j) row[j] = from.at(rows[t + j], head);
    for (int64_t i = 0; i < from.width; ++i) {
      float *to = out + i * padded + t;
      for (int64_t j = 0; j < there; ++j) to[j] = widen(row[j][i]);
      for (int64_t j = std::max<int64_t>(0, there); j < product_lanes; ++j) to[j] = 0;
    }
  }
}

// The queries from `first` on of a segment, and the positions of its path that any of them attends
// to.
struct Block {
  int64_t first, count, position, from, to;
};

CT_INLINE Block block_at(const Layout &layout, const Segment &segment, int64_t first) {
  const int64_t count = std::min(block_rows, segment.length - first);
  const int64_t position = segment.before + first, length = segment.before + segment.length;
  // Starts at complete lanes: positions outside the mask get weight zero.
  const int64_t from = layout.first_seen(position) / product_lanes * product_lanes;
  return {first, count, position, from, layout.end_seen(position + count - 1, length)};
}

// scores ← softmax of each row over the positions that its token attends to, 0 elsewhere.
CT_INLINE void weigh(const Layout &layout, const Segment &segment, const Block &block,
                     float *scores, int64_t step) {
#pragma clang fp reassociate(on)
  const int64_t length = segment.before + segment.length, width = padded(block.to - block.from);
  for (int64_t m = 0; m < block.count; ++m) {
    const int64_t position = block.position + m;
    float *row = scores + m * step;
    const int64_t begin = layout.first_seen(position) - block.from;
    const int64_t end = layout.end_seen(position, length) - block.from;
    float most = row[begin], total = 0;
    for (int64_t t = begin + 1; t < end; ++t) most = std::max(most, row[t]);
    for (int64_t t = begin; t < end; ++t) {
      row[t] = exponential(row[t] - most);
      total += row[t];
    }
    const float share = 1 / total;
    for (int64_t t = 0; t < begin; ++t) row[t] = 0;
    for (int64_t t = begin; t < end; ++t) row[t] *= share;
    for (int64_t t = end; t < width; ++t) row[t] = 0;
  }
}

template <class T>
struct Inputs {
  Heads<const T> query, key, value;
  int64_t shared;  // query heads of a key-value head
};

// Processes one segment and one key-value head, with all query heads that share it.
template <int V, class T>
CT_INLINE void attend_segment(const Layout &layout, const Inputs<T> &in, const Heads<T> &out,
                              const Segment &segment, int64_t group, Scratch &scratch) {
  layout.path(segment, scratch.rows);
  const int64_t length = scratch.rows.size(), width = in.key.width;
  const int64_t places = padded(length), wide = padded(width);
  const int64_t *rows = scratch.rows.data(), *own = rows + segment.before;
  float *keys = sized(scratch.turned_keys, width * places);
  float *values = sized(scratch.values, length * wide);
  float *queries = sized(scratch.queries, block_rows * wide);
  float *scores = sized(scratch.scores, block_rows * places);
  float *sums = sized(scratch.sums, block_rows * wide);
  gather_turned(in.key, rows, length, group, keys, places);
  gather(in.value, rows, length, group, 1, values, wide);
  for (int64_t head = group * in.shared; head < (group + 1) * in.shared; ++head) {
    for (int64_t first = 0; first < segment.length; first += block_rows) {
      const Block block = block_at(layout, segment, first);
      gather(in.query, own + first, block.count, head, static_cast<float>(layout.scale), queries,
             wide);
      product<false, V>({queries, wide, 1}, {keys + block.from, places}, {scores, places},
                     block.count, padded(block.to - block.from), width);
      weigh(layout, segment, block, scores, places);
      product<false, V>({scores, places, 1}, {values + block.from * wide, wide}, {sums, wide},
                     block.count, wide, block.to - block.from);
      for (int64_t m = 0; m < block.count; ++m) {
        T *to = out.at(own[first + m], head);
        for (int64_t i = 0; i < width; ++i) narrow(sums[m * wide + i], to + i);
      }
    }
  }
}

template <class T>
struct Gradients {
  Heads<const T> out;
  Heads<T> query;
  // fp32 [N, H, K]: the gradient of each query head with respect to its key-value head.
  Heads<float> key, value;
};

// Processes one segment and one query head. Adds to the gradients of the tokens of its path.
template <int V, class T>
CT_INLINE void attend_segment_backward(const Layout &layout, const Inputs<T> &in,
                                       const Gradients<T> &gradients, const Segment &segment,
                                       int64_t head, Scratch &scratch) {
#pragma clang fp reassociate(on)
  layout.path(segment, scratch.rows);
  const int64_t length = scratch.rows.size(), width = in.key.width, group = head / in.shared;
  const int64_t places = padded(length), wide = padded(width);
  const int64_t *rows = scratch.rows.data(), *own = rows + segment.before;
  const float scale = static_cast<float>(layout.scale);
  float *keys = sized(scratch.keys, length * wide);
  float *turned_keys = sized(scratch.turned_keys, width * places);
  float *turned_values = sized(scratch.values, width * places);
  float *queries = sized(scratch.queries, block_rows * wide);
  float *scores = sized(scratch.scores, block_rows * places);
  float *sums = sized(scratch.sums, block_rows * wide);
  float *dout = sized(scratch.gradients, block_rows * wide);
  float *dscores = sized(scratch.score_gradients, block_rows * places);
  float *dkeys = sized(scratch.key_gradients, length * wide);
  float *dvalues = sized(scratch.value_gradients, length * wide);
  std::fill_n(dkeys, length * wide, 0.0f);
  std::fill_n(dvalues, length * wide, 0.0f);
  gather(in.key, rows, length, group, 1, keys, wide);
  gather_turned(in.key, rows, length, group, turned_keys, places);
  gather_turned(in.value, rows, length, group, turned_values, places);
  for (int64_t first = 0; first < segment.length; first += block_rows) {
    const Block block = block_at(layout, segment, first);
    const int64_t seen = block.to - block.from;
    gather(in.query, own + first, block.count, head, scale, queries, wide);
    gather(gradients.out, own + first, block.count, head, 1, dout, wide);
    product<false, V>({queries, wide, 1}, {turned_keys + block.from, places}, {scores, places},
                   block.count, padded(seen), width);
    weigh(layout, segment, block, scores, places);
    product<false, V>({dout, wide, 1}, {turned_values + block.from, places}, {dscores, places},
                   block.count, padded(seen), width);
    // dV += Pᵀ dO, before P is overwritten.
    product<true, V>({scores, 1, places}, {dout, wide}, {dvalues + block.from * wide, wide}, seen,
                  wide, block.count);
    for (int64_t m = 0; m < block.count; ++m) {
      float *p = scores + m * places, *dp = dscores + m * places;
      float mean = 0;
      for (int64_t t = 0; t < seen; ++t) mean += p[t] * dp[t];
      for (int64_t t = 0; t < seen; ++t) dp[t] = p[t] * (dp[t] - mean);
    }
    product<false, V>({dscores, places, 1}, {keys + block.from * wide, wide}, {sums, wide},
                   block.count, wide, seen);
    product<true, V>({dscores, 1, places}, {queries, wide}, {dkeys + block.from * wide, wide}, seen,
                  wide, block.count);
    for (int64_t m = 0; m < block.count; ++m) {
      T *to = gradients.query.at(own[first + m], head);
      for (int64_t i = 0; i < width; ++i) narrow(sums[m * wide + i] * scale, to + i);
    }
  }
  for (int64_t t = 0; t < length; ++t) {
    float *key = gradients.key.at(rows[t], head), *value = gradients.value.at(rows[t], head);
    for (int64_t i = 0; i < width; ++i) key[i] += dkeys[t * wide + i];
    for (int64_t i = 0; i < width; ++i) value[i] += dvalues[t * wide + i];
  }
}

}  // namespace ct
