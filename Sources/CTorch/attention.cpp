// Attention within the sequences of a packed batch, which may share prefixes.
//
// The CPU has its own kernel: the sequences of a packed batch are short and of any length, and
// libtorch's kernels spend more time on calls, copies and masks than on products. Other devices use
// ATen's kernel, segment by segment.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "attention_kernel.hpp"
#include "checks.hpp"
#include "handle.hpp"

using namespace ct;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

// Tokens may be strided, as when queries, keys and values are parts of one matrix.
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
  // Head by head, so that each thread gets segments of all lengths.
  const int64_t each = layout.tokens() / std::max<int64_t>(1, segments);
  const int64_t work = 32 * in.shared * each * in.key.width;
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
  // The segments of a tree share gradients, so one thread processes all of them for one head.
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
    const Layout layout(lengths, parents, q.size(0), scale, {causal, window});
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
        lengths, parents, query.size(0), context->saved_data["scale"].toDouble(),
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
      const at::Tensor all =
          shared == 1 ? x : x.view({x.size(0), groups, shared, x.size(2)}).sum(2);
      return all.to(key.scalar_type());
    };
    const at::Tensor none;
    return {dquery, of_group(dkey), of_group(dvalue), none, none, none, none, none};
  }
};

// Other devices and types: one call of ATen per segment.
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
  return parts.empty() ? at::empty_like(query) : at::cat(parts, 0);
}

}  // namespace

ct_status ct_packed_attention(ct_tensor query, ct_tensor key, ct_tensor value,
                              const int64_t *lengths, const int64_t *parents, int32_t segments,
                              double scale, ct_mask mask, ct_tensor *out) {
  return guarded([&] {
    const at::Tensor &q = query->value, &k = key->value, &v = value->value;
    TORCH_CHECK(q.dim() == 3 && k.dim() == 3 && k.sizes() == v.sizes() && q.size(2) == k.size(2) &&
                    q.size(2) > 0 && q.size(0) == k.size(0) && k.size(1) > 0 &&
                    q.size(1) % k.size(1) == 0,
                "attention takes [N, H, K] and [N, G, K], not ", q.sizes(), ", ", k.sizes(),
                " and ", v.sizes());
    TORCH_CHECK(q.device() == k.device() && q.device() == v.device(), "queries are on ",
                q.device(), ", keys on ", k.device(), ", values on ", v.device());
    const at::IntArrayRef spans = numbers(lengths, segments), before = numbers(parents, segments);
    const Layout layout(spans, before, q.size(0), scale, mask);
    const auto type = q.scalar_type();
    const bool ours = q.is_cpu() && (type == at::kFloat || type == at::kBFloat16) &&
                      k.scalar_type() == type && v.scalar_type() == type;
    *out = wrap(ours ? PackedAttention::apply(q, k, v, spans.vec(), before.vec(), scale,
                                              mask.causal, mask.window)
                     : attend_by_segment(layout, q, k, v));
  });
}
