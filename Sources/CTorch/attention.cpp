// Attention inside the sequences of a packed batch, which may share beginnings.
//
// On a CPU it is a kernel of its own: sequences of a packed batch are short and of any length, and
// what libtorch has for them costs more in calls, copies and masks than in products. Other devices
// take ATen's, segment by segment.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "handle.hpp"
#include "products.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// N tokens · H query heads · G key-value heads · K head size · L tokens of a path.

// A run of tokens that stand together, and the tokens it goes on from.
struct Segment {
  int64_t start, length, parent;
  // Tokens of the path that stand before it; the tree that it belongs to.
  int64_t before, tree;
};

struct Layout {
  std::vector<Segment> segments;
  int64_t trees = 0;
  double scale;
  ct_mask mask;

  Layout(const int64_t *lengths, const int64_t *parents, int64_t count, double scale, ct_mask mask)
      : scale(scale), mask(mask) {
    int64_t start = 0;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t parent = parents[i];
      TORCH_CHECK(parent < i, "segment ", i, " continues the later segment ", parent);
      TORCH_CHECK(parent < 0 || mask.causal,
                  "sequences share beginnings only where none looks ahead");
      const bool begins = parent < 0;
      segments.push_back({start, lengths[i], parent,
                          begins ? 0 : segments[parent].before + segments[parent].length,
                          begins ? trees++ : segments[parent].tree});
      start += lengths[i];
    }
  }

  int64_t tokens() const { return segments.empty() ? 0 : segments.back().start + segments.back().length; }

  // The rows of a segment's path, its own last.
  void path(const Segment &segment, std::vector<int64_t> &rows) const {
    rows.resize(segment.before + segment.length);
    for (const Segment *at = &segment;; at = &segments[at->parent]) {
      for (int64_t i = 0; i < at->length; ++i) rows[at->before + i] = at->start + i;
      if (at->parent < 0) break;
    }
  }

  // Of the token at `position` of its path: the first place it sees, and the one after the last.
  int64_t first_seen(int64_t position) const {
    return mask.window > 0 ? std::max<int64_t>(0, position + 1 - mask.window) : 0;
  }
  int64_t end_seen(int64_t position, int64_t length) const {
    return mask.causal ? position + 1 : length;
  }
};

// [N, heads, K] whose tokens may lie further apart than their heads are wide.
template <class T>
struct Heads {
  T *data;
  int64_t step, width;

  T *at(int64_t row, int64_t head) const { return data + row * step + head * width; }
};

// Queries that are taken through the keys of their path together.
constexpr int64_t block_rows = 24;

// What one thread works in, all of it fp32; rows of `padded` numbers, or of as many as a path has.
struct Scratch {
  std::vector<int64_t> rows;
  std::vector<float> keys, turned_keys, values, queries, scores, sums;
  std::vector<float> gradients, score_gradients, key_gradients, value_gradients;
};

inline float *sized(std::vector<float> &memory, int64_t count) {
  if (static_cast<int64_t>(memory.size()) < count) memory.resize(count);
  return memory.data();
}

// out [count, padded] ← heads of `rows`, times `scale`; what pads is zero.
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

// out [K, padded] ← the same, turned: a row for each place in a head.
template <class T>
CT_INLINE void gather_turned(const Heads<const T> &from, const int64_t *rows, int64_t count,
                             int64_t head, float *out, int64_t padded) {
  // Sixteen tokens at a time, so that whole lines of `out` are written.
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

// Queries `first` … of a segment, and the places of its path that any of them sees.
struct Block {
  int64_t first, count, position, from, to;
};

CT_INLINE Block block_at(const Layout &layout, const Segment &segment, int64_t first) {
  const int64_t count = std::min(block_rows, segment.length - first);
  const int64_t position = segment.before + first, length = segment.before + segment.length;
  // Whole lanes from the start on: what a query does not see weighs nothing.
  const int64_t from = layout.first_seen(position) / product_lanes * product_lanes;
  return {first, count, position, from, layout.end_seen(position + count - 1, length)};
}

// scores ← softmax of each row over what its token sees, 0 elsewhere.
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

// One segment and one key-value head: all query heads that share it.
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
  // fp32 [N, H, K]: each query head's share of its key-value head's.
  Heads<float> key, value;
};

// One segment and one query head; adds to what the tokens of its path have.
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
    // dV += Pᵀ dO, before P is needed no more.
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

// Tokens may be apart, as where queries, keys and values are parts of one matrix.
at::Tensor with_dense_heads(const at::Tensor &x) {
  return x.stride(2) == 1 && x.stride(1) == x.size(2) ? x : x.contiguous();
}

template <class T>
Heads<const T> reading(const at::Tensor &x) {
  return {x.const_data_ptr<T>(), x.stride(0), x.size(2)};
}
template <class T>
Heads<T> writing(const at::Tensor &x) {
  return {x.mutable_data_ptr<T>(), x.stride(0), x.size(2)};
}

template <class T>
void attend_all(const Layout &layout, const at::Tensor &query, const at::Tensor &key,
                const at::Tensor &value, const at::Tensor &out) {
  const Inputs<T> in{reading<T>(query), reading<T>(key), reading<T>(value),
                     query.size(1) / key.size(1)};
  const Heads<T> to = writing<T>(out);
  const int64_t segments = layout.segments.size(), groups = key.size(1);
  // Head by head, so that threads get segments of all lengths.
  const int64_t work = 2 * in.shared * layout.tokens() * in.key.width * 16 / std::max<int64_t>(1, segments);
  parallel(groups * segments, grain(work), [&](int64_t begin, int64_t end) {
    Scratch scratch;
    with_widest_registers([&](auto columns) CT_INLINE_BODY {
      constexpr int V = decltype(columns)::count;
      for (int64_t item = begin; item < end; ++item) {
        attend_segment<V>(layout, in, to, layout.segments[item % segments], item / segments,
                          scratch);
      }
    });
  });
}

template <class T>
void attend_all_backward(const Layout &layout, const at::Tensor &query, const at::Tensor &key,
                         const at::Tensor &value, const at::Tensor &dout, const at::Tensor &dquery,
                         const at::Tensor &dkey, const at::Tensor &dvalue) {
  const Inputs<T> in{reading<T>(query), reading<T>(key), reading<T>(value),
                     query.size(1) / key.size(1)};
  const Gradients<T> gradients{reading<T>(dout), writing<T>(dquery), writing<float>(dkey),
                               writing<float>(dvalue)};
  std::vector<std::vector<int64_t>> trees(layout.trees);
  for (size_t i = 0; i < layout.segments.size(); ++i) trees[layout.segments[i].tree].push_back(i);
  const int64_t heads = query.size(1);
  // A tree's tokens share gradients, so one thread has all of its segments, for one head.
  parallel(heads * layout.trees, 1, [&](int64_t begin, int64_t end) {
    Scratch scratch;
    with_widest_registers([&](auto columns) CT_INLINE_BODY {
      constexpr int V = decltype(columns)::count;
      for (int64_t item = begin; item < end; ++item) {
        const int64_t head = item % heads;
        for (const int64_t segment : trees[item / heads]) {
          attend_segment_backward<V>(layout, in, gradients, layout.segments[segment], head,
                                     scratch);
        }
      }
    });
  });
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(AutogradContext *context, const at::Tensor &q, const at::Tensor &k,
                            const at::Tensor &v, const std::vector<int64_t> &lengths,
                            const std::vector<int64_t> &parents, double scale, bool causal,
                            int64_t window) {
    const Layout layout(lengths.data(), parents.data(), lengths.size(), scale, {causal, window});
    const at::Tensor query = with_dense_heads(q), key = with_dense_heads(k);
    const at::Tensor value = with_dense_heads(v);
    at::Tensor out = at::empty(q.sizes(), q.options());
    q.scalar_type() == at::kFloat ? attend_all<float>(layout, query, key, value, out)
                                  : attend_all<c10::BFloat16>(layout, query, key, value, out);
    context->save_for_backward({query, key, value});
    context->saved_data["lengths"] = lengths;
    context->saved_data["parents"] = parents;
    context->saved_data["scale"] = scale;
    context->saved_data["causal"] = causal;
    context->saved_data["window"] = window;
    return out;
  }

  static variable_list backward(AutogradContext *context, variable_list outputs) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &query = saved[0], &key = saved[1], &value = saved[2];
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const auto parents = context->saved_data["parents"].toIntVector();
    const Layout layout(
        lengths.data(), parents.data(), lengths.size(), context->saved_data["scale"].toDouble(),
        {context->saved_data["causal"].toBool(), context->saved_data["window"].toInt()});
    const at::Tensor dout = with_dense_heads(outputs[0]);
    const at::Tensor dquery = at::empty(query.sizes(), query.options());
    const at::Tensor dkey = at::zeros(query.sizes(), query.options().dtype(at::kFloat));
    const at::Tensor dvalue = at::zeros_like(dkey);
    const auto run = query.scalar_type() == at::kFloat ? attend_all_backward<float>
                                                       : attend_all_backward<c10::BFloat16>;
    run(layout, query, key, value, dout, dquery, dkey, dvalue);
    const int64_t groups = key.size(1), shared = query.size(1) / groups;
    const auto of_group = [&](const at::Tensor &x) {
      const at::Tensor all = shared == 1 ? x : x.view({x.size(0), groups, shared, x.size(2)}).sum(2);
      return all.to(key.scalar_type());
    };
    const at::Tensor none;
    return {dquery, of_group(dkey), of_group(dvalue), none, none, none, none, none};
  }
};

// Other devices, and other types: one call of ATen's a segment.
at::Tensor attend_by_segment(const Layout &layout, const at::Tensor &query, const at::Tensor &key,
                             const at::Tensor &value) {
  const bool grouped = query.size(1) != key.size(1);
  const auto heads = [](const at::Tensor &x) { return x.unsqueeze(0).transpose(1, 2); };
  const auto attended = [&](const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                            const std::optional<at::Tensor> &seen) {
    return at::scaled_dot_product_attention(heads(q), heads(k), heads(v), seen, /*dropout_p=*/0,
                                            /*is_causal=*/!seen && layout.mask.causal,
                                            layout.scale, grouped)
        .transpose(1, 2)
        .squeeze(0);
  };
  std::vector<at::Tensor> parts;
  std::vector<int64_t> rows;
  for (const Segment &segment : layout.segments) {
    const auto own = [&](const at::Tensor &x) {
      return x.narrow(0, segment.start, segment.length);
    };
    if (segment.parent < 0 && layout.mask.window == 0) {
      parts.push_back(attended(own(query), own(key), own(value), std::nullopt));
      continue;
    }
    layout.path(segment, rows);
    const int64_t length = rows.size();
    const at::Tensor index = at::tensor(rows, at::kLong).to(query.device());
    const at::Tensor place = at::arange(length, index.options());
    const at::Tensor back =
        place.narrow(0, segment.before, segment.length).unsqueeze(1) - place.unsqueeze(0);
    at::Tensor seen = back.ge(layout.mask.causal ? 0 : -length);
    if (layout.mask.window > 0) seen = seen.logical_and(back.lt(layout.mask.window));
    parts.push_back(
        attended(own(query), key.index_select(0, index), value.index_select(0, index), seen));
  }
  return at::cat(parts, 0);
}

}  // namespace

ct_status ct_packed_attention(ct_tensor query, ct_tensor key, ct_tensor value,
                              const int64_t *lengths, const int64_t *parents, int32_t segments,
                              double scale, ct_mask mask, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &q = query->value, &k = key->value, &v = value->value;
    TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && k.sizes() == v.sizes() && q.size(2) == k.size(2) &&
                    q.size(0) == k.size(0) && q.size(1) % k.size(1) == 0,
                "attention takes [N, H, K] and [N, G, K], not ", q.sizes(), ", ", k.sizes(),
                " and ", v.sizes());
    const Layout layout(lengths, parents, segments, scale, mask);
    TORCH_CHECK(layout.tokens() == q.size(0), "lengths of ", layout.tokens(), " tokens for ",
                q.size(0));
    const auto type = q.scalar_type();
    const bool ours = q.is_cpu() && (type == at::kFloat || type == at::kBFloat16) &&
                      k.scalar_type() == type && v.scalar_type() == type;
    *out = wrap(ours ? PackedAttention::apply(q, k, v, std::vector(lengths, lengths + segments),
                                              std::vector(parents, parents + segments), scale,
                                              mask.causal, mask.window)
                     : attend_by_segment(layout, q, k, v));
  });
}
