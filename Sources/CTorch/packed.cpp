// Products with a packed weight: in generation, and in training with a frozen weight.
//
// On a CPU with AVX512-BF16, bf16 has its own kernels. For few rows, oneDNN spends more time on
// looking up a primitive and on padding rows than on the product; for many rows it would need the
// weight in a different layout. All other cases use oneDNN, which multiplies bf16 only with
// AVX-512: on older CPUs the weight is packed in fp32 and products are rounded to bf16.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>

#include <array>
#include <utility>

#include "checks.hpp"
#include "handle.hpp"
#include "numerics.hpp"
#include "packed.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace ct;

namespace {

// The number of outputs in one register.
constexpr int64_t lanes = 16;

// Pairs of inputs, row by row, and a packed weight.
struct Factors {
  const c10::BFloat16 *x;
  const uint32_t *weight;
  int64_t pairs;

  // One pair of a row, which need not be aligned.
  CT_INLINE int32_t pair(int64_t row, int64_t k) const {
    int32_t bits;
    std::memcpy(&bits, x + 2 * (row * pairs + k), sizeof bits);
    return bits;
  }
};

struct Product {
  Factors main;
  // The pairs of an adapter; none without one.
  Factors low_rank;
  // May be null.
  const float *bias;
  // One of the two is null.
  c10::BFloat16 *y;
  float *wide_y;
  int64_t rows, outputs;
};

#if defined(__x86_64__)
#define CT_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

// sums += rows `row` … `row + M` times the 16 · B outputs from `block` on. Each sum runs over the
// inputs in order, so a row's result does not depend on the other rows. Meanwhile the weights of
// the next 16 · B outputs are prefetched into the second-level cache: without that, two cores would
// wait for memory a quarter of the time at 32 rows.
template <int M, int B>
CT_AVX512_BF16 CT_INLINE void add_products(const Factors &f, int64_t row, int64_t block,
                                           __m512 (&sums)[M][B]) {
  const uint32_t *weight = f.weight + block * f.pairs * lanes;
  const uint32_t *next = weight + B * f.pairs * lanes;
  for (int64_t k = 0; k < f.pairs; ++k) {
    __m512i w[B];
#pragma unroll
    for (int b = 0; b < B; ++b) {
      w[b] = _mm512_loadu_si512(weight + (b * f.pairs + k) * lanes);
      // One row is bound by memory alone, and the CPU prefetches its streams.
      if (M > 1) _mm_prefetch(next + (b * f.pairs + k) * lanes, _MM_HINT_T1);
    }
#pragma unroll
    for (int m = 0; m < M; ++m) {
      const __m512i pair = _mm512_set1_epi32(f.pair(row + m, k));
#pragma unroll
      for (int b = 0; b < B; ++b) {
        sums[m][b] = _mm512_dpbf16_ps(sums[m][b], (__m512bh)w[b], (__m512bh)pair);
      }
    }
  }
}

template <int M, int B>
CT_AVX512_BF16 void tile(const Product &p, int64_t row, int64_t block) {
  // Unrolled explicitly, so that sums[m][b] are registers.
  __m512 sums[M][B];
#pragma unroll
  for (int m = 0; m < M; ++m) {
#pragma unroll
    for (int b = 0; b < B; ++b) sums[m][b] = _mm512_setzero_ps();
  }
  add_products<M, B>(p.main, row, block, sums);
  if (p.low_rank.pairs > 0) add_products<M, B>(p.low_rank, row, block, sums);
#pragma unroll
  for (int b = 0; b < B; ++b) {
    const int64_t first = (block + b) * lanes, left = p.outputs - first;
    const __mmask16 there = left >= lanes ? 0xFFFF : static_cast<__mmask16>((1 << left) - 1);
    const __m512 bias =
        p.bias ? _mm512_maskz_loadu_ps(there, p.bias + first) : _mm512_setzero_ps();
#pragma unroll
    for (int m = 0; m < M; ++m) {
      const __m512 sum = _mm512_add_ps(sums[m][b], bias);
      const int64_t to = (row + m) * p.outputs + first;
      if (p.wide_y) {
        _mm512_mask_storeu_ps(p.wide_y + to, there, sum);
      } else {
        _mm256_mask_storeu_epi16(p.y + to, there, (__m256i)_mm512_cvtneps_pbh(sum));
      }
    }
  }
}

using Tile = void (*)(const Product &, int64_t row, int64_t block);

// Enough sums at a time to hide the latency of each, and few enough to stay in registers.
constexpr int most_tile_rows = 12;
constexpr int blocks_of(int rows) { return rows == 1 ? 4 : rows == 7 || rows == 8 ? 3 : 2; }

template <int... M>
constexpr std::array<Tile, sizeof...(M)> wide_tiles(std::integer_sequence<int, M...>) {
  return {tile<M + 1, blocks_of(M + 1)>...};
}
template <int... M>
constexpr std::array<Tile, sizeof...(M)> narrow_tiles(std::integer_sequence<int, M...>) {
  return {tile<M + 1, 1>...};
}
constexpr auto wide = wide_tiles(std::make_integer_sequence<int, most_tile_rows>());
constexpr auto narrow = narrow_tiles(std::make_integer_sequence<int, most_tile_rows>());

// The number of blocks whose weights stay in the second-level cache while all rows pass over them.
// Any step divides it.
constexpr int64_t panel = 24;

void multiply(const Product &p) {
  if (p.rows == 0) return;
  // As evenly as possible: 32 rows are split into 11, 11 and 10.
  const int64_t parts = (p.rows + most_tile_rows - 1) / most_tile_rows;
  const int64_t tile_rows = (p.rows + parts - 1) / parts;
  const int64_t blocks = (p.outputs + lanes - 1) / lanes;
  const int64_t unit = blocks_of(static_cast<int>(tile_rows));
  const int64_t pairs = p.main.pairs + p.low_rank.pairs;
  const int64_t work = unit * lanes * pairs * ((p.rows + 3) / 4);
  parallel((blocks + unit - 1) / unit, grain(work), [&](int64_t begin, int64_t end) {
    const int64_t last = std::min(blocks, end * unit);
    for (int64_t first = begin * unit; first < last; first += panel) {
      for (int64_t row = 0; row < p.rows; row += tile_rows) {
        const int64_t rows = std::min(tile_rows, p.rows - row);
        const int64_t step = blocks_of(static_cast<int>(rows)), to = std::min(last, first + panel);
        int64_t block = first;
        for (; block + step <= to; block += step) wide[rows - 1](p, row, block);
        for (; block < to; ++block) narrow[rows - 1](p, row, block);
      }
    }
  });
}

#else
void multiply(const Product &) { TORCH_CHECK(false, "this CPU has no AVX512-BF16"); }
#endif

// `x` must be dense.
Factors factors(const at::Tensor &x, const at::Tensor &packed, int64_t outputs) {
  TORCH_CHECK(is_dense_cpu(packed) && packed.scalar_type() == at::kBFloat16 && packed.dim() == 4 &&
                  packed.size(2) == lanes && packed.size(3) == 2,
              "a weight in lanes is bf16 [O / 16, D / 2, 16, 2] on the CPU, not ",
              packed.scalar_type(), ' ', packed.sizes());
  const int64_t room = packed.size(0) * lanes;
  TORCH_CHECK(outputs >= 0 && outputs <= room && outputs > room - lanes, "a weight of ", outputs,
              " outputs does not lie in lanes as ", packed.sizes());
  TORCH_CHECK(is_dense_cpu(x) && x.dim() == 2 && x.scalar_type() == at::kBFloat16 &&
                  x.size(1) == 2 * packed.size(1),
              "a packed product takes bf16 [N, ", 2 * packed.size(1), "] on the CPU, not ",
              x.scalar_type(), ' ', x.sizes());
  return {x.const_data_ptr<c10::BFloat16>(),
          static_cast<const uint32_t *>(packed.const_data_ptr()), packed.size(1)};
}

bool onednn_takes(at::ScalarType type) {
  if (type == at::kFloat) return true;
#if defined(__x86_64__)
  return type == at::kBFloat16 && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

at::Tensor onednn_pack(const at::Tensor &weight, int64_t rows) {
  static const auto reorder =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
          .typed<at::Tensor(const at::Tensor &, std::optional<int64_t>)>();
  const at::Tensor fitting = onednn_takes(weight.scalar_type()) ? weight : weight.to(at::kFloat);
  return reorder.call(fitting.contiguous(), rows);
}

at::Tensor onednn_linear(const at::Tensor &x, const at::Tensor &packed,
                         const std::optional<at::Tensor> &bias, at::ScalarType result) {
  static const auto linear =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
          .typed<at::Tensor(const at::Tensor &, const at::Tensor &,
                            const std::optional<at::Tensor> &, c10::string_view,
                            c10::List<std::optional<at::Scalar>>,
                            std::optional<c10::string_view>)>();
  const auto product = [&](const at::Tensor &x, const std::optional<at::Tensor> &bias) {
    return linear.call(x, packed, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
  };
  const auto type = packed.scalar_type();
  return product(x.to(type), bias ? std::optional(bias->to(type)) : bias).to(result);
}

}  // namespace

#if defined(__x86_64__)
bool ct::has_packed_kernels() { return ct_cpu_has_bfloat16(); }
#else
bool ct::has_packed_kernels() { return false; }
#endif

at::Tensor ct::in_lanes(const at::Tensor &weight) {
  const int64_t outputs = weight.size(0), missing = (lanes - outputs % lanes) % lanes;
  const at::Tensor padded = missing ? at::constant_pad_nd(weight, {0, 0, 0, missing}) : weight;
  return padded.reshape({padded.size(0) / lanes, lanes, weight.size(1) / 2, 2})
      .permute({0, 2, 1, 3})
      .contiguous();
}

at::Tensor ct::packed_product(const at::Tensor &input, const at::Tensor &packed, int64_t outputs,
                              const std::optional<at::Tensor> &bias,
                              const std::optional<LowRankPart> &adapter, at::ScalarType type) {
  const at::Tensor x = input.contiguous();
  Product product{factors(x, packed, outputs), {}, nullptr, nullptr, nullptr, x.size(0), outputs};
  const at::Tensor inner = adapter ? adapter->inner.contiguous() : at::Tensor();
  if (adapter) {
    TORCH_CHECK(inner.dim() == 2 && inner.size(0) == x.size(0), "an adapter's part of ",
                inner.sizes(), " beside ", x.sizes());
    product.low_rank = factors(inner, adapter->up, outputs);
  }
  at::Tensor wide_bias;
  if (bias) {
    check_columns(*bias, outputs, x, "the bias of a packed product");
    wide_bias = bias->to(at::kFloat).contiguous();
    product.bias = wide_bias.const_data_ptr<float>();
  }
  at::Tensor y = at::empty({x.size(0), outputs}, x.options().dtype(type));
  if (type == at::kFloat) {
    product.wide_y = y.mutable_data_ptr<float>();
  } else {
    product.y = y.mutable_data_ptr<c10::BFloat16>();
  }
  multiply(product);
  return y;
}

ct_status ct_packs(ct_tensor weight, bool *out) {
  return guarded([&] { *out = packs(weight->value); });
}

ct_status ct_pack_weight(ct_tensor weight, int64_t rows, ct_tensor *out) {
  return guarded([&] {
    const at::NoGradGuard guard;
    const at::Tensor plain = weight->value.detach();
    TORCH_CHECK(plain.dim() == 2 && plain.is_cpu() && at::isFloatingType(plain.scalar_type()),
                "a weight [O, D] on the CPU can be packed, not ", plain.scalar_type(), ' ',
                plain.sizes(), " on ", plain.device());
    TORCH_CHECK(rows > 0, "a weight is packed for products of ", rows, " rows");
    *out = wrap(packs(plain) ? in_lanes(plain) : onednn_pack(plain, rows));
  });
}

ct_status ct_packed_linear(ct_tensor x, ct_tensor packed, int64_t outputs, ct_tensor bias_or_null,
                           bool wide, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &weight = packed->value, &input = x->value;
    const auto bias = bias_or_null ? std::optional(bias_or_null->value) : std::nullopt;
    if (!weight.is_mkldnn()) {
      const auto type = wide ? at::kFloat : at::kBFloat16;
      *out = wrap(packed_product(input, weight, outputs, bias, std::nullopt, type));
      return;
    }
    TORCH_CHECK(input.dim() == 2 && input.is_cpu() && at::isFloatingType(input.scalar_type()) &&
                    input.size(1) == weight.size(1) && outputs == weight.size(0),
                "a weight packed as ", weight.sizes(), " takes [N, ", weight.size(1),
                "] on the CPU and returns ", weight.size(0), ", not ", outputs, ", of ",
                input.scalar_type(), ' ', input.sizes());
    if (bias) check_columns(*bias, outputs, input, "the bias of a packed product");
    *out = wrap(onednn_linear(input, weight, bias, wide ? at::kFloat : input.scalar_type()));
  });
}
