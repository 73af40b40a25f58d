// Small fp32 products inside a kernel: c [M, N] = a [M, D] · b [D, N], all in cache.
#pragma once
#include "numerics.hpp"
#include "registers.hpp"

// Lanes never cross a call: all functions that take or return them are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

namespace ct {

constexpr int64_t product_lanes = 16;
CT_INLINE int64_t padded(int64_t count) {
  return (count + product_lanes - 1) / product_lanes * product_lanes;
}

// a(m, d) = data[m · row + d · column].
struct Left {
  const float *data;
  int64_t row, column;
};
// The row stride, in complete lanes.
struct Right {
  const float *data;
  int64_t row;
};
struct Sums {
  float *data;
  int64_t row;
};

typedef float Lanes __attribute__((vector_size(64), aligned(4)));

CT_INLINE Lanes lanes_at(const float *x) { return *reinterpret_cast<const Lanes *>(x); }
CT_INLINE Lanes lanes_at(const c10::BFloat16 *x) {
  typedef uint16_t Narrow __attribute__((vector_size(32), aligned(2)));
  typedef uint32_t Wide __attribute__((vector_size(64)));
  const Wide bits = __builtin_convertvector(*reinterpret_cast<const Narrow *>(x), Wide) << 16;
  Lanes value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// out [4] ← the sum of the lanes of each vector.
CT_INLINE void sums_of(const Lanes *x, float *out) {
  const auto halves = [](Lanes a, Lanes b) CT_INLINE_BODY {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
           __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30,
                                   31);
  };
  const Lanes a = halves(x[0], x[1]), b = halves(x[2], x[3]);
  const Lanes quarters =
      __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
      __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  const Lanes eighths =
      quarters + __builtin_shufflevector(quarters, quarters, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9,
                                         14, 15, 12, 13);
  for (int i = 0; i < 4; ++i) out[i] = eighths[4 * i] + eighths[4 * i + 1];
}

template <bool adds, int M, int V>
CT_INLINE void product_tile(Left a, Right b, Sums c, int64_t depth) {
#pragma clang fp contract(fast)
  Lanes sums[M][V];
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int v = 0; v < V; ++v) {
      sums[m][v] = adds ? lanes_at(c.data + m * c.row + v * product_lanes) : Lanes{};
    }
  }
  for (int64_t d = 0; d < depth; ++d) {
    Lanes right[V];
#pragma unroll
    for (int v = 0; v < V; ++v) {
      right[v] = lanes_at(b.data + d * b.row + v * product_lanes);
    }
#pragma unroll
    for (int m = 0; m < M; ++m) {
      const float left = a.data[m * a.row + d * a.column];
#pragma unroll
      for (int v = 0; v < V; ++v) sums[m][v] += right[v] * left;
    }
  }
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int v = 0; v < V; ++v) {
      *reinterpret_cast<Lanes *>(c.data + m * c.row + v * product_lanes) = sums[m][v];
    }
  }
}

template <bool adds, int V>
CT_INLINE void product_columns(Left a, Right b, Sums c, int64_t rows, int64_t depth) {
  int64_t m = 0;
  const auto from = [&](int64_t m) { return Left{a.data + m * a.row, a.row, a.column}; };
  const auto to = [&](int64_t m) { return Sums{c.data + m * c.row, c.row}; };
  for (; m + 6 <= rows; m += 6) product_tile<adds, 6, V>(from(m), b, to(m), depth);
  for (; m + 2 <= rows; m += 2) product_tile<adds, 2, V>(from(m), b, to(m), depth);
  if (m < rows) product_tile<adds, 1, V>(from(m), b, to(m), depth);
}

// `columns` is a multiple of the lane width. With `adds`, the products are added to c. V · 16
// columns are processed at a time (see with_widest_registers).
template <bool adds, int V>
CT_INLINE void product(Left a, Right b, Sums c, int64_t rows, int64_t columns, int64_t depth) {
  int64_t n = 0;
  const auto from = [&](int64_t n) { return Right{b.data + n, b.row}; };
  const auto to = [&](int64_t n) { return Sums{c.data + n, c.row}; };
  for (; n + V * product_lanes <= columns; n += V * product_lanes) {
    product_columns<adds, V>(a, from(n), to(n), rows, depth);
  }
  for (; n < columns; n += product_lanes) {
    product_columns<adds, 1>(a, from(n), to(n), rows, depth);
  }
}

}  // namespace ct
