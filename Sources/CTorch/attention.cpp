// Attention inside the sequences of a packed batch, which may share beginnings.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "handle.hpp"

using namespace ct;

namespace {

// True where a token (row) may look: not after itself, and less than `window` tokens back.
at::Tensor window_mask(int64_t length, int64_t window, const at::Tensor &like) {
  const at::Tensor place = at::arange(length, like.options().dtype(at::kLong));
  const at::Tensor back = place.unsqueeze(1) - place.unsqueeze(0);
  return back.ge(0).logical_and_(back.lt(window));
}

// What is added to the scores of the last tokens of a path of `length`: 0, or −∞ for what comes
// later or lies outside the window. One matrix serves all segments: theirs are parts of it.
at::Tensor path_mask(int64_t length, const ct_mask &mask, const at::Tensor &like) {
  const int64_t window = mask.window > 0 ? mask.window : length;
  const at::Tensor seen = window_mask(length, window, like);
  return at::zeros({length, length}, like.options())
      .masked_fill_(seen.logical_not(), -std::numeric_limits<double>::infinity());
}

struct Attention {
  double scale;
  ct_mask mask;
  bool grouped;

  // Several sequences of equal length that stand alone, as one batch.
  at::Tensor alone(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
                   int64_t sequences) const {
    const int64_t length = query.size(0) / sequences;
    const auto heads = [&](const at::Tensor &x) {
      return x.reshape({sequences, length, x.size(1), x.size(2)}).transpose(1, 2);
    };
    const bool windowed = mask.causal && mask.window > 0 && mask.window < length;
    const auto allowed =
        windowed ? std::optional(window_mask(length, mask.window, query)) : std::nullopt;
    const at::Tensor attended = at::scaled_dot_product_attention(
        heads(query), heads(key), heads(value), allowed, /*dropout_p=*/0,
        /*is_causal=*/mask.causal && !windowed, scale, grouped);
    return attended.transpose(1, 2).reshape(query.sizes());
  }

  // The last tokens of a path; keys and values are those of the whole path.
  at::Tensor continued(const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
                       const at::Tensor &all) const {
    const auto heads = [](const at::Tensor &x) { return x.unsqueeze(0).transpose(1, 2); };
    const int64_t length = key.size(0), own = query.size(0);
    const at::Tensor part = all.slice(0, length - own, length).slice(1, 0, length);
    const at::Tensor attended = at::scaled_dot_product_attention(
        heads(query), heads(key), heads(value), part, /*dropout_p=*/0, /*is_causal=*/false, scale,
        grouped);
    return attended.transpose(1, 2).reshape(query.sizes());
  }
};

// Runs of segments that one call can take: neighbours of equal length that stand alone.
struct Run {
  int64_t first, count, tokens;
};

std::vector<Run> runs_of(const int64_t *lengths, const int64_t *parents, int32_t segments) {
  std::vector<Run> runs;
  for (int32_t i = 0; i < segments; ++i) {
    const bool joins = i > 0 && parents[i] < 0 && parents[i - 1] < 0 && lengths[i] == lengths[i - 1];
    if (joins) {
      ++runs.back().count;
      runs.back().tokens += lengths[i];
    } else {
      runs.push_back({i, 1, lengths[i]});
    }
  }
  return runs;
}

}  // namespace

ct_status ct_packed_attention(ct_tensor query, ct_tensor key, ct_tensor value,
                              const int64_t *lengths, const int64_t *parents, int32_t segments,
                              double scale, ct_mask mask, ct_tensor *out) {
  return guarded([&] {
    const Attention attention{scale, mask, query->value.size(1) != key->value.size(1)};
    const auto runs = runs_of(lengths, parents, segments);
    std::vector<int64_t> starts(segments), path_lengths(segments);
    int64_t start = 0, longest = 0;
    bool shares = false;
    for (int32_t i = 0; i < segments; ++i) {
      TORCH_CHECK(parents[i] < i, "segment ", i, " continues the later segment ", parents[i]);
      starts[i] = start;
      start += lengths[i];
      path_lengths[i] = lengths[i] + (parents[i] < 0 ? 0 : path_lengths[parents[i]]);
      longest = std::max(longest, path_lengths[i]);
      shares = shares || parents[i] >= 0;
    }
    TORCH_CHECK(!shares || mask.causal, "sequences share beginnings only where none looks ahead");
    const at::Tensor all = shares ? path_mask(longest, mask, query->value) : at::Tensor();
    // The whole path of keys or values: own tokens behind those of all that went before.
    const auto path = [&](const at::Tensor &x, int64_t segment) {
      std::vector<at::Tensor> parts;
      for (int64_t i = segment; i >= 0; i = parents[i]) {
        parts.push_back(x.narrow(0, starts[i], lengths[i]));
      }
      std::reverse(parts.begin(), parts.end());
      return at::cat(parts, 0);
    };
    std::vector<at::Tensor> parts;
    parts.reserve(runs.size());
    for (const Run &run : runs) {
      const auto own = [&](const at::Tensor &x) {
        return x.narrow(0, starts[run.first], run.tokens);
      };
      parts.push_back(
          parents[run.first] < 0
              ? attention.alone(own(query->value), own(key->value), own(value->value), run.count)
              : attention.continued(own(query->value), path(key->value, run.first),
                                    path(value->value, run.first), all));
    }
    *out = wrap(parts.size() == 1 ? parts[0] : at::cat(parts, 0));
  });
}
