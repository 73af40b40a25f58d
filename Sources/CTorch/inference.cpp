// What generation needs beside the training operators: the key-value cache, and sampling.
#include <ATen/Functions.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "handle.hpp"
#include "products.hpp"

using namespace ct;

// MARK: Key-value cache

ct_status ct_cache_write(ct_tensor key_cache, ct_tensor value_cache, ct_tensor key,
                         ct_tensor value, const int64_t *slots, const int64_t *positions) {
  return guarded([&] {
    const at::Tensor k = key->value.contiguous(), v = value->value.contiguous();
    const at::Tensor &keys = key_cache->value, &values = value_cache->value;
    TORCH_CHECK(k.scalar_type() == keys.scalar_type() && v.scalar_type() == values.scalar_type(),
                "keys are ", k.scalar_type(), ", the cache ", keys.scalar_type());
    const int64_t count = k.size(0), groups = k.size(1), room = keys.size(2);
    const size_t bytes = k.size(2) * k.element_size();
    for (int64_t n = 0; n < count; ++n) {
      TORCH_CHECK(slots[n] < keys.size(0) && positions[n] < room, "position ", positions[n],
                  " of slot ", slots[n], " is outside the cache ", keys.sizes());
    }
    const char *from_k = static_cast<const char *>(k.const_data_ptr());
    const char *from_v = static_cast<const char *>(v.const_data_ptr());
    char *to_k = static_cast<char *>(keys.mutable_data_ptr());
    char *to_v = static_cast<char *>(values.mutable_data_ptr());
    for (int64_t n = 0; n < count; ++n) {
      for (int64_t g = 0; g < groups; ++g) {
        const size_t to = ((slots[n] * groups + g) * room + positions[n]) * bytes;
        const size_t from = (n * groups + g) * bytes;
        std::memcpy(to_k + to, from_k + from, bytes);
        std::memcpy(to_v + to, from_v + from, bytes);
      }
    }
  });
}

namespace {

struct CacheShape {
  int64_t heads, groups, room, width;
  float scale;

  int64_t shared() const { return heads / groups; }
};

// Scores of four keys that stand together, for each of the query heads that share them.
template <class T>
CT_INLINE void score_four(const T *key, const float *query, float *scores, int64_t step,
                          const CacheShape &shape) {
  const int64_t width = shape.width, whole = width / product_lanes * product_lanes;
  for (int64_t h = 0; h < shape.shared(); ++h) {
    const float *q = query + h * width;
    Lanes sums[4] = {};
    for (int64_t i = 0; i < whole; i += product_lanes) {
      const Lanes part = lanes_at(q + i);
#pragma unroll
      for (int t = 0; t < 4; ++t) sums[t] += part * lanes_at(key + t * width + i);
    }
    float *out = scores + h * step;
    sums_of(sums, out);
    for (int64_t i = whole; i < width; ++i) {
      for (int t = 0; t < 4; ++t) out[t] += q[i] * widen(key[t * width + i]);
    }
  }
}

// out ← Σ weight · value for H query heads, V · 16 numbers of each.
template <int H, int V, class T>
CT_INLINE void mix(const T *value, const float *weights, int64_t count, T *out,
                   const CacheShape &shape) {
#pragma clang fp contract(fast)
  Lanes sums[H][V] = {};
  for (int64_t t = 0; t < count; ++t) {
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const Lanes part = lanes_at(value + t * shape.width + v * product_lanes);
#pragma unroll
      for (int h = 0; h < H; ++h) sums[h][v] += part * weights[h * count + t];
    }
  }
#pragma unroll
  for (int h = 0; h < H; ++h) {
    float plain[V * product_lanes];
    std::memcpy(plain, sums[h], sizeof plain);
    for (int64_t i = 0; i < V * product_lanes; ++i) narrow(plain[i], out + h * shape.width + i);
  }
}

template <int V, int H, class T>
CT_INLINE void mix_heads(const T *value, const float *weights, int64_t count, T *out,
                         const CacheShape &shape) {
  int64_t i = 0;
  for (; i + V * product_lanes <= shape.width; i += V * product_lanes) {
    mix<H, V>(value + i, weights, count, out + i, shape);
  }
  for (; i + product_lanes <= shape.width; i += product_lanes) {
    mix<H, 1>(value + i, weights, count, out + i, shape);
  }
  for (; i < shape.width; ++i) {
    for (int h = 0; h < H; ++h) {
      float sum = 0;
      for (int64_t t = 0; t < count; ++t) {
        sum += weights[h * count + t] * widen(value[t * shape.width + i]);
      }
      narrow(sum, out + h * shape.width + i);
    }
  }
}

// Asks for what is read soon: a cache is spread over memory, in runs too short for the CPU to guess.
template <class T>
CT_INLINE void fetch(const T *from, int64_t count) {
  constexpr int64_t line = 64 / sizeof(T), most = 1024 * line;
  for (int64_t i = 0; i < std::min(count, most); i += line) __builtin_prefetch(from + i, 0, 2);
}

// One key-value group of one token: all its query heads share each pass over the keys.
template <int V, class T>
CT_INLINE void attend_group(const T *query, const T *keys, const T *values, T *out, int64_t count,
                            const CacheShape &shape, float *scores, float *wide_query) {
#pragma clang fp reassociate(on) contract(fast)
  const int64_t width = shape.width, shared = shape.shared();
  fetch(values, count * width);
  for (int64_t i = 0; i < shared * width; ++i) wide_query[i] = widen(query[i]) * shape.scale;
  int64_t t = 0;
  for (; t + 4 <= count; t += 4) score_four(keys + t * width, wide_query, scores + t, count, shape);
  for (; t < count; ++t) {
    for (int64_t h = 0; h < shared; ++h) {
      float dot = 0;
      for (int64_t i = 0; i < width; ++i) dot += wide_query[h * width + i] * widen(keys[t * width + i]);
      scores[h * count + t] = dot;
    }
  }
  for (int64_t h = 0; h < shared; ++h) {
    float *row = scores + h * count;
    float most = row[0], total = 0;
    for (int64_t t = 1; t < count; ++t) most = std::max(most, row[t]);
    for (int64_t t = 0; t < count; ++t) row[t] = exponential(row[t] - most);
    for (int64_t t = 0; t < count; ++t) total += row[t];
    for (int64_t t = 0; t < count; ++t) row[t] /= total;
  }
  int64_t h = 0;
  for (; h + 3 <= shared; h += 3) {
    mix_heads<V, 3>(values, scores + h * count, count, out + h * width, shape);
  }
  for (; h < shared; ++h) {
    mix_heads<V, 1>(values, scores + h * count, count, out + h * width, shape);
  }
}

template <class T>
void attend_all(const at::Tensor &query, const at::Tensor &keys, const at::Tensor &values,
                at::Tensor &out, const int64_t *slots, const int64_t *positions,
                int64_t window, const CacheShape &shape) {
  const T *q = query.const_data_ptr<T>(), *k = keys.const_data_ptr<T>();
  const T *v = values.const_data_ptr<T>();
  T *o = out.mutable_data_ptr<T>();
  const int64_t shared = shape.shared();
  const int64_t tokens = std::accumulate(positions, positions + query.size(0), query.size(0));
  const int64_t work = 2 * tokens * shared * shape.width / std::max<int64_t>(1, query.size(0));
  parallel(query.size(0) * shape.groups, grain(work), [&](int64_t begin, int64_t end) {
    std::vector<float> scores, wide(shared * shape.width);
    const auto seen = [&](int64_t n) {
      return window > 0 ? std::min(positions[n] + 1, window) : positions[n] + 1;
    };
    const auto place = [&](int64_t n, int64_t g) {
      return ((slots[n] * shape.groups + g) * shape.room + positions[n] + 1 - seen(n)) *
             shape.width;
    };
    with_widest_registers([&](auto columns) CT_INLINE_BODY {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t n = item / shape.groups, g = item % shape.groups;
        if (item + 1 < end) {
          const int64_t next = (item + 1) / shape.groups;
          fetch(k + place(next, (item + 1) % shape.groups), seen(next) * shape.width);
        }
        scores.resize(shared * seen(n));
        const int64_t at_query = (n * shape.heads + g * shared) * shape.width;
        attend_group<decltype(columns)::count>(
            q + at_query, k + place(n, g), v + place(n, g), o + at_query, seen(n), shape,
                     scores.data(), wide.data());
      }
    });
  });
}

}  // namespace

ct_status ct_cache_attention(ct_tensor query, ct_tensor key_cache, ct_tensor value_cache,
                             const int64_t *slots, const int64_t *positions, double scale,
                             int64_t window, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor q = query->value.contiguous();
    const at::Tensor &keys = key_cache->value, &values = value_cache->value;
    TORCH_CHECK(q.scalar_type() == keys.scalar_type(), "queries are ", q.scalar_type(),
                ", the cache ", keys.scalar_type());
    const CacheShape shape{q.size(1), keys.size(1), keys.size(2), q.size(2),
                           static_cast<float>(scale)};
    at::Tensor attended = at::empty_like(q);
    if (q.scalar_type() == at::kFloat) {
      attend_all<float>(q, keys, values, attended, slots, positions, window, shape);
    } else {
      TORCH_CHECK(q.scalar_type() == at::kBFloat16, "the cache holds fp32 or bf16, not ",
                  q.scalar_type());
      attend_all<c10::BFloat16>(q, keys, values, attended, slots, positions, window, shape);
    }
    *out = wrap(std::move(attended));
  });
}

// MARK: Sampling

namespace {

template <class T>
CT_INLINE float weights_of(const T *logits, float *weights, int64_t count, float inverse,
                           float *total) {
#pragma clang fp reassociate(on)
  float most = widen(logits[0]);
  for (int64_t i = 1; i < count; ++i) most = std::max(most, widen(logits[i]));
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) weights[i] = exponential((widen(logits[i]) - most) * inverse);
  for (int64_t i = 0; i < count; ++i) sum += weights[i];
  *total = sum;
  return most;
}

template <class T>
float softmax_weights(const T *x, float *w, int64_t n, float inverse, float *sum) {
  float most = 0;
  with_widest_registers([&](auto) CT_INLINE_BODY { most = weights_of(x, w, n, inverse, sum); });
  return most;
}

// The first place of the largest; `most` is its value.
template <class T>
CT_INLINE int64_t place_of(const T *row, int64_t count, float most) {
  constexpr int64_t block = 256;
  for (int64_t start = 0; start < count; start += block) {
    const int64_t end = std::min(count, start + block);
    bool found = false;
    for (int64_t i = start; i < end; ++i) found |= widen(row[i]) == most;
    if (!found) continue;
    for (int64_t i = start; i < end; ++i) {
      if (widen(row[i]) == most) return i;
    }
  }
  return 0;
}

CT_CLONES int64_t likeliest(const float *row, int64_t count, float most) {
  return place_of(row, count, most);
}
CT_CLONES int64_t likeliest(const c10::BFloat16 *row, int64_t count, float most) {
  return place_of(row, count, most);
}

CT_CLONES float block_sum(const float *weights, int64_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += weights[i];
  return sum;
}

// −1 where the weights together do not reach `target`.
int64_t walk_each(const float *weights, int64_t count, double target) {
  double mass = 0;
  for (int64_t i = 0; i < count; ++i) {
    mass += weights[i];
    if (weights[i] > 0 && mass > target) return i;
  }
  return -1;
}

int64_t last_positive(const float *weights, int64_t count) {
  int64_t last = count - 1;
  while (last > 0 && weights[last] <= 0) --last;
  return last;
}

// The token at which the running sum of weights passes `target`; whole blocks before it are skipped.
int64_t walk(const float *weights, int64_t size, double target) {
  constexpr int64_t block = 256;
  double mass = 0;
  for (int64_t start = 0; start < size; start += block) {
    const int64_t count = std::min(block, size - start);
    const float sum = block_sum(weights + start, count);
    if (mass + sum > target) {
      const int64_t found = walk_each(weights + start, count, target - mass);
      if (found >= 0) return start + found;
    }
    mass += sum;
  }
  return last_positive(weights, size);
}

// Top-k, then the smallest set of the rest whose share reaches top_p (Holtzman et al. 2019), then
// those of at least min_p times the weight of the likeliest, which is 1 (Nguyen et al. 2024).
int64_t walk_filtered(const float *weights, int64_t count, float total, const ct_sampling &how) {
  const int64_t top_k = how.top_k;
  const double top_p = how.top_p, uniform = how.uniform;
  const auto heavier = [&](int64_t a, int64_t b) {
    return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
  };
  std::vector<int64_t> kept;
  // Everything lighter than this together weighs less than 1 − top_p, so it is never kept.
  const float floor = top_k > 0 ? 0.0f : static_cast<float>((1 - top_p) / count * total);
  for (int64_t i = 0; i < count; ++i) {
    if (weights[i] >= floor && weights[i] > 0) kept.push_back(i);
  }
  if (top_k > 0 && top_k < static_cast<int64_t>(kept.size())) {
    std::nth_element(kept.begin(), kept.begin() + top_k, kept.end(), heavier);
    kept.resize(top_k);
  }
  std::sort(kept.begin(), kept.end(), heavier);
  double mass = 0;
  if (top_k > 0) {
    for (const int64_t i : kept) mass += weights[i];
  } else {
    mass = total;
  }
  double share = 0;
  size_t nucleus = 0;
  while (nucleus < kept.size() && (nucleus == 0 || share < top_p * mass)) {
    share += weights[kept[nucleus++]];
  }
  while (nucleus > 1 && weights[kept[nucleus - 1]] < how.min_p) share -= weights[kept[--nucleus]];
  double run = 0;
  for (size_t i = 0; i < nucleus; ++i) {
    run += weights[kept[i]];
    if (run > uniform * share) return kept[i];
  }
  return kept[nucleus - 1];
}

struct Adjustments {
  const int64_t *penalised;
  const int64_t *biased;
  const float *biases;
};

// Keskar et al. 2019: what was said already is divided by the penalty, or multiplied if negative.
void adjust(float *row, int64_t vocabulary, const ct_sampling &how, const Adjustments &with) {
  const float penalty = static_cast<float>(how.repetition_penalty);
  for (int64_t i = 0; i < how.penalised_count; ++i) {
    const int64_t id = with.penalised[i];
    if (id < 0 || id >= vocabulary) continue;
    row[id] = row[id] < 0 ? row[id] * penalty : row[id] / penalty;
  }
  for (int64_t i = 0; i < how.biased_count; ++i) {
    const int64_t id = with.biased[i];
    if (id >= 0 && id < vocabulary) row[id] += with.biases[i];
  }
}

template <class T>
void sample_row(const T *row, int64_t vocabulary, const ct_sampling &how, float *weights,
                int64_t *id, float *log_probability) {
  const bool greedy = how.temperature == 0;
  const bool filtered = how.top_k > 0 || how.top_p < 1 || how.min_p > 0;
  const float inverse = greedy ? 1.0f : static_cast<float>(1 / how.temperature);
  float total = 0;
  const float most = softmax_weights(row, weights, vocabulary, inverse, &total);
  if (greedy) {
    *id = likeliest(row, vocabulary, most);
  } else if (filtered) {
    *id = walk_filtered(weights, vocabulary, total, how);
  } else {
    *id = walk(weights, vocabulary, how.uniform * total);
  }
  *log_probability = (widen(row[*id]) - most) * inverse - std::log(total);
}

template <class T>
void sample_rows(const at::Tensor &logits, const ct_sampling *rows,
                 const std::vector<Adjustments> &adjustments, int64_t *ids,
                 float *log_probabilities) {
  const int64_t vocabulary = logits.size(1);
  const T *all = logits.const_data_ptr<T>();
  parallel(logits.size(0), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(vocabulary), adjusted;
    for (int64_t n = begin; n < end; ++n) {
      const T *row = all + n * vocabulary;
      if (rows[n].penalised_count == 0 && rows[n].biased_count == 0) {
        sample_row(row, vocabulary, rows[n], weights.data(), ids + n, log_probabilities + n);
        continue;
      }
      adjusted.resize(vocabulary);
      for (int64_t i = 0; i < vocabulary; ++i) adjusted[i] = widen(row[i]);
      adjust(adjusted.data(), vocabulary, rows[n], adjustments[n]);
      sample_row(adjusted.data(), vocabulary, rows[n], weights.data(), ids + n,
                 log_probabilities + n);
    }
  });
}

}  // namespace

ct_status ct_sample(ct_tensor logits, const ct_sampling *rows, const int64_t *penalised,
                    const int64_t *biased, const float *biases, int64_t *ids,
                    float *log_probabilities) {
  return guarded([&] {
    const at::Tensor dense = logits->value.detach().cpu().contiguous();
    TORCH_CHECK(dense.dim() == 2 && dense.size(1) > 0, "sample takes logits [N, V], not ",
                dense.sizes());
    std::vector<Adjustments> adjustments;
    adjustments.reserve(dense.size(0));
    for (int64_t n = 0; n < dense.size(0); ++n) {
      adjustments.push_back({penalised, biased, biases});
      penalised += rows[n].penalised_count;
      biased += rows[n].biased_count;
      biases += rows[n].biased_count;
    }
    if (dense.scalar_type() == at::kBFloat16) {
      sample_rows<c10::BFloat16>(dense, rows, adjustments, ids, log_probabilities);
    } else {
      sample_rows<float>(dense.to(at::kFloat), rows, adjustments, ids, log_probabilities);
    }
  });
}
