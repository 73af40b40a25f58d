// Operators and shapes. Each function calls the ATen operator of the same meaning.
#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/div.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/le.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/masked_fill.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ne.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/var.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "checks.hpp"
#include "handle.hpp"

using namespace ct;

ct_status ct_unary(ct_unary_op op, ct_tensor x, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &v = x->value;
    switch (op) {
      case CT_NEG: *out = wrap(at::neg(v)); return;
      case CT_EXP: *out = wrap(at::exp(v)); return;
      case CT_LOG: *out = wrap(at::log(v)); return;
      case CT_SQRT: *out = wrap(at::sqrt(v)); return;
      case CT_RSQRT: *out = wrap(at::rsqrt(v)); return;
      case CT_ABS: *out = wrap(at::abs(v)); return;
      case CT_SQUARE: *out = wrap(at::square(v)); return;
      case CT_SIGMOID: *out = wrap(at::sigmoid(v)); return;
      case CT_LOG_SIGMOID: *out = wrap(at::log_sigmoid(v)); return;
      case CT_SILU: *out = wrap(at::silu(v)); return;
      case CT_GELU: *out = wrap(at::gelu(v)); return;
      case CT_GELU_TANH: *out = wrap(at::gelu(v, "tanh")); return;
      case CT_TANH: *out = wrap(at::tanh(v)); return;
      case CT_RELU: *out = wrap(at::relu(v)); return;
      case CT_COS: *out = wrap(at::cos(v)); return;
      case CT_SIN: *out = wrap(at::sin(v)); return;
      case CT_LOGICAL_NOT: *out = wrap(at::logical_not(v)); return;
      case CT_ISNAN: *out = wrap(at::isnan(v)); return;
      case CT_RECIPROCAL: *out = wrap(at::reciprocal(v)); return;
    }
    TORCH_CHECK(false, "unknown unary operator ", int(op));
  });
}

ct_status ct_binary(ct_binary_op op, ct_tensor a, ct_tensor b, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &l = a->value, &r = b->value;
    switch (op) {
      case CT_ADD: *out = wrap(at::add(l, r)); return;
      case CT_SUB: *out = wrap(at::sub(l, r)); return;
      case CT_MUL: *out = wrap(at::mul(l, r)); return;
      case CT_DIV: *out = wrap(at::div(l, r)); return;
      case CT_MAXIMUM: *out = wrap(at::maximum(l, r)); return;
      case CT_MINIMUM: *out = wrap(at::minimum(l, r)); return;
      case CT_POW: *out = wrap(at::pow(l, r)); return;
      case CT_EQ: *out = wrap(at::eq(l, r)); return;
      case CT_NE: *out = wrap(at::ne(l, r)); return;
      case CT_LT: *out = wrap(at::lt(l, r)); return;
      case CT_LE: *out = wrap(at::le(l, r)); return;
      case CT_GT: *out = wrap(at::gt(l, r)); return;
      case CT_GE: *out = wrap(at::ge(l, r)); return;
      case CT_AND: *out = wrap(at::logical_and(l, r)); return;
      case CT_OR: *out = wrap(at::logical_or(l, r)); return;
    }
    TORCH_CHECK(false, "unknown binary operator ", int(op));
  });
}

ct_status ct_binary_scalar(ct_binary_op op, ct_tensor a, double number,
                           ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &l = a->value;
    // An integer operand keeps an integer tensor an integer tensor if it fits 64 bits.
    const bool whole = at::isIntegralType(l.scalar_type(), false) &&
                       std::floor(number) == number && std::abs(number) < 0x1p63;
    const at::Scalar b = whole ? at::Scalar(static_cast<int64_t>(number)) : at::Scalar(number);
    switch (op) {
      case CT_ADD: *out = wrap(at::add(l, b)); return;
      case CT_SUB: *out = wrap(at::sub(l, b)); return;
      case CT_MUL: *out = wrap(at::mul(l, b)); return;
      case CT_DIV: *out = wrap(at::div(l, b)); return;
      case CT_MAXIMUM: *out = wrap(at::clamp_min(l, b)); return;
      case CT_MINIMUM: *out = wrap(at::clamp_max(l, b)); return;
      case CT_POW: *out = wrap(at::pow(l, b)); return;
      case CT_EQ: *out = wrap(at::eq(l, b)); return;
      case CT_NE: *out = wrap(at::ne(l, b)); return;
      case CT_LT: *out = wrap(at::lt(l, b)); return;
      case CT_LE: *out = wrap(at::le(l, b)); return;
      case CT_GT: *out = wrap(at::gt(l, b)); return;
      case CT_GE: *out = wrap(at::ge(l, b)); return;
      default: TORCH_CHECK(false, "operator ", int(op), " takes no number");
    }
  });
}

ct_status ct_reduce(ct_reduce_op op, ct_tensor x, bool all, int64_t dimension, bool keep,
                    ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &v = x->value;
    std::vector<int64_t> dims;
    if (all) {
      for (int64_t i = 0; i < v.dim(); ++i) dims.push_back(i);
    } else {
      dims.push_back(dimension);
    }
    switch (op) {
      case CT_SUM: *out = wrap(at::sum(v, dims, keep)); return;
      case CT_MEAN: *out = wrap(at::mean(v, dims, keep)); return;
      case CT_AMAX: *out = wrap(at::amax(v, dims, keep)); return;
      case CT_AMIN: *out = wrap(at::amin(v, dims, keep)); return;
      case CT_LOGSUMEXP: *out = wrap(at::logsumexp(v, dims, keep)); return;
      case CT_VARIANCE: *out = wrap(at::var(v, dims, /*unbiased=*/true, keep)); return;
      case CT_ARGMAX:
        *out = wrap(all ? at::argmax(v) : at::argmax(v, dimension, keep));
        return;
    }
    TORCH_CHECK(false, "unknown reduction ", int(op));
  });
}

ct_status ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::matmul(a->value, b->value)); });
}

ct_status ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor *out) {
  return guarded([&] {
    const auto bias = bias_or_null ? std::optional(bias_or_null->value) : std::nullopt;
    *out = wrap(at::linear(x->value, weight->value, bias));
  });
}

ct_status ct_embedding(ct_tensor weight, ct_tensor ids, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::embedding(weight->value, ids->value)); });
}

ct_status ct_softmax(ct_tensor x, int64_t dimension, bool logarithm, ct_tensor *out) {
  return guarded([&] {
    *out = wrap(logarithm ? at::log_softmax(x->value, dimension)
                          : at::softmax(x->value, dimension));
  });
}

ct_status ct_cumsum(ct_tensor x, int64_t dimension, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::cumsum(x->value, dimension)); });
}

ct_status ct_gather(ct_tensor x, int64_t dimension, ct_tensor index, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::gather(x->value, dimension, index->value)); });
}

ct_status ct_index_select(ct_tensor x, int64_t dimension, ct_tensor index, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::index_select(x->value, dimension, index->value)); });
}

ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::where(condition->value, a->value, b->value)); });
}

ct_status ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::masked_fill(x->value, mask->value, value)); });
}

ct_status ct_clamp(ct_tensor x, double low, double high, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::clamp(x->value, low, high)); });
}

static std::vector<at::Tensor> values(const ct_tensor *tensors, int32_t count) {
  TORCH_CHECK(count >= 0 && (tensors || count == 0), "a list cannot have ", count, " tensors");
  std::vector<at::Tensor> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; ++i) list.push_back(tensors[i]->value);
  return list;
}

ct_status ct_cat(const ct_tensor *tensors, int32_t count, int64_t dimension, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::cat(values(tensors, count), dimension)); });
}

ct_status ct_stack(const ct_tensor *tensors, int32_t count, int64_t dimension, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::stack(values(tensors, count), dimension)); });
}

ct_status ct_topk(ct_tensor x, int64_t count, int64_t dimension, ct_tensor *top,
                  ct_tensor *indices) {
  return guarded([&] {
    auto [best, places] = at::topk(x->value, count, dimension);
    *top = wrap(best);
    *indices = wrap(places);
  });
}

ct_status ct_reshape(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.reshape(numbers(shape, rank))); });
}

ct_status ct_expand(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.expand(numbers(shape, rank))); });
}

ct_status ct_permute(ct_tensor x, const int64_t *order, int32_t rank, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.permute(numbers(order, rank))); });
}

ct_status ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.transpose(a, b)); });
}

ct_status ct_unsqueeze(ct_tensor x, int64_t dimension, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.unsqueeze(dimension)); });
}

ct_status ct_squeeze(ct_tensor x, int64_t dimension, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.squeeze(dimension)); });
}

ct_status ct_slice(ct_tensor x, int64_t dimension, int64_t start, int64_t end, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.slice(dimension, start, end)); });
}

ct_status ct_select(ct_tensor x, int64_t dimension, int64_t index, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.select(dimension, index)); });
}

ct_status ct_contiguous(ct_tensor x, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.contiguous()); });
}

ct_status ct_clone(ct_tensor x, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.clone()); });
}
