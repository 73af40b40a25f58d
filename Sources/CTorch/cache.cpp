// The key-value cache of generation: writing to it, and attention over it.
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "checks.hpp"
#include "handle.hpp"
#include "products.hpp"

using namespace ct;

namespace {

// N tokens · H query heads · S slots · G key-value heads · T positions · K head size.
struct CacheShape {
  int64_t slots, groups, room, width;

  // The shape of two matching caches [S, G, T, K].
  CacheShape(const at::Tensor &keys, const at::Tensor &values)
      : slots(0), groups(0), room(0), width(0) {
    TORCH_CHECK(keys.dim() == 4 && keys.sizes() == values.sizes(),
                "caches are [S, G, T, K] both, not ", keys.sizes(), " and ", values.sizes());
    TORCH_CHECK(is_dense_cpu(keys) && is_dense_cpu(values),
                "caches must be dense and on the CPU");
    TORCH_CHECK(keys.scalar_type() == values.scalar_type(), "keys are cached as ",
                keys.scalar_type(), ", values as ", values.scalar_type());
    slots = keys.size(0), groups = keys.size(1), room = keys.size(2), width = keys.size(3);
    TORCH_CHECK(groups > 0 && width > 0, "a cache of the shape ", keys.sizes(), " is empty");
  }

  void check_places(const int64_t *slot, const int64_t *position, int64_t count) const {
    TORCH_CHECK(count == 0 || (slot && position), "the places of ", count, " tokens are missing");
    for (int64_t n = 0; n < count; ++n) {
      TORCH_CHECK(slot[n] >= 0 && slot[n] < slots && position[n] >= 0 && position[n] < room,
                  "position ", position[n], " of slot ", slot[n], " is outside a cache of ", slots,
                  " slots with ", room, " positions");
    }
  }
};

}  // namespace

ct_status ct_cache_write(ct_tensor key_cache, ct_tensor value_cache, ct_tensor key,
                         ct_tensor value, const int64_t *slots, const int64_t *positions) {
  return guarded([&] {
    const at::Tensor &keys = key_cache->value, &values = value_cache->value;
    const CacheShape shape(keys, values);
    const at::Tensor k = key->value.contiguous(), v = value->value.contiguous();
    TORCH_CHECK(k.dim() == 3 && k.sizes() == v.sizes() && k.size(1) == shape.groups &&
                    k.size(2) == shape.width && k.is_cpu() && v.is_cpu(),
                "a cache [S, ", shape.groups, ", T, ", shape.width,
                "] takes keys and values [N, G, K], not ", k.sizes(), " and ", v.sizes());
    TORCH_CHECK(k.scalar_type() == keys.scalar_type() && v.scalar_type() == keys.scalar_type(),
                "keys are ", k.scalar_type(), " and values ", v.scalar_type(), ", the cache ",
                keys.scalar_type());
    const int64_t count = k.size(0), groups = shape.groups, room = shape.room;
    const size_t bytes = shape.width * k.element_size();
    shape.check_places(slots, positions, count);
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

// The parameters of attention over a cache.
struct Attending : CacheShape {
  int64_t heads;
  float scale;

  Attending(const CacheShape &cache, int64_t heads, float scale)
      : CacheShape(cache), heads(heads), scale(scale) {}
  int64_t shared() const { return heads / groups; }
};

// The scores of four adjacent keys, for each of the query heads that share them.
template <class T>
CT_INLINE void score_four(const T *key, const float *query, float *scores, int64_t step,
                          const Attending &shape) {
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
                   const Attending &shape) {
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
                         const Attending &shape) {
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

// Prefetches data that is read soon: the runs of a cache are too short for the CPU's prefetcher.
template <class T>
CT_INLINE void fetch(const T *from, int64_t count) {
  constexpr int64_t line = 64 / sizeof(T), most = 1024 * line;
  for (int64_t i = 0; i < std::min(count, most); i += line) __builtin_prefetch(from + i, 0, 2);
}

// Processes one key-value group of one token. All its query heads share each pass over the keys.
template <int V, class T>
CT_INLINE void attend_group(const T *query, const T *keys, const T *values, T *out, int64_t count,
                            const Attending &shape, float *scores, float *wide_query) {
#pragma clang fp reassociate(on) contract(fast)
  const int64_t width = shape.width, shared = shape.shared();
  fetch(values, count * width);
  for (int64_t i = 0; i < shared * width; ++i) wide_query[i] = widen(query[i]) * shape.scale;
  int64_t t = 0;
  for (; t + 4 <= count; t += 4) score_four(keys + t * width, wide_query, scores + t, count, shape);
  for (; t < count; ++t) {
    for (int64_t h = 0; h < shared; ++h) {
      float dot = 0;
      for (int64_t i = 0; i < width; ++i) {
        dot += wide_query[h * width + i] * widen(keys[t * width + i]);
      }
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
                int64_t window, const Attending &shape) {
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
        attend_group<decltype(columns)::count>(q + at_query, k + place(n, g), v + place(n, g),
                                               o + at_query, seen(n), shape, scores.data(),
                                               wide.data());
      }
    });
  });
}

}  // namespace

ct_status ct_cache_attention(ct_tensor query, ct_tensor key_cache, ct_tensor value_cache,
                             const int64_t *slots, const int64_t *positions, double scale,
                             int64_t window, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &keys = key_cache->value, &values = value_cache->value;
    const CacheShape cache(keys, values);
    const at::Tensor q = query->value.contiguous();
    TORCH_CHECK(q.dim() == 3 && q.size(1) % cache.groups == 0 && q.size(2) == cache.width &&
                    q.is_cpu(),
                "a cache [S, ", cache.groups, ", T, ", cache.width,
                "] takes queries [N, H, K], not ", q.sizes());
    TORCH_CHECK(q.scalar_type() == keys.scalar_type(), "queries are ", q.scalar_type(),
                ", the cache ", keys.scalar_type());
    TORCH_CHECK(window >= 0, "a window of ", window, " tokens");
    cache.check_places(slots, positions, q.size(0));
    const Attending shape(cache, q.size(1), static_cast<float>(scale));
    at::Tensor attended = at::empty_like(q);
    if (q.scalar_type() == at::kFloat) {
      attend_all<float>(q, keys, values, attended, slots, positions, window, shape);
    } else {
      TORCH_CHECK(q.scalar_type() == at::kBFloat16, "the cache must be fp32 or bf16, not ",
                  q.scalar_type());
      attend_all<c10::BFloat16>(q, keys, values, attended, slots, positions, window, shape);
    }
    *out = wrap(std::move(attended));
  });
}
