// What depends on the process: how many threads it gets, and how much memory.
#pragma once
#include <malloc.h>
#include <sys/resource.h>

#include <fstream>

#include "attention_cases.hpp"
#include "sampling_cases.hpp"

namespace fuzz {

inline uint64_t digest_of(const Tensors &all) {
  uint64_t digest = 1469598103934665603u;  // FNV-1a
  for (const Tensor &x : all) {
    const Tensor dense = x.detach().contiguous();
    const auto *bytes = static_cast<const uint8_t *>(dense.const_data_ptr());
    for (size_t i = 0; i < dense.nbytes(); ++i) digest = (digest ^ bytes[i]) * 1099511628211u;
  }
  return digest;
}

// A digest of what our own kernels give; it must be the same whatever the environment lets OpenMP
// do. All work is large enough for four threads.
inline void digests() {
  at::manual_seed(5);
  succeed(ct_set_num_threads(4));
  const auto tell = [](const char *name, const Tensors &results) {
    std::printf("%-16s %016llx\n", name, static_cast<unsigned long long>(digest_of(results)));
  };
  for (const auto kind : {at::kFloat, at::kBFloat16}) {
    const int64_t rows = 700, width = 512;
    const Tensor x = tracked(normal({rows, width}, kind)), y = tracked(normal({rows, width}, kind));
    const Tensor outer = normal({rows, width}, kind), scale = normal({width}, at::kFloat);
    {
      Handle a(x), b(scale), out;
      succeed(ct_rms_norm(a, b, 1e-5, out.out()));
      tell("RMS norm", {out.tensor(), gradients(out.tensor(), {x}, outer)[0]});
    }
    {
      Handle a(x), b(y), out;
      succeed(ct_swiglu(a, b, out.out()));
      const Tensors slopes = gradients(out.tensor(), {x, y}, outer);
      tell("SwiGLU", {out.tensor(), slopes[0], slopes[1]});
    }
    const Tensor heads = tracked(normal({rows, 8, 64}, kind)), angles = at::randn({rows, 32});
    const Tensor keys = tracked(normal({rows, 2, 64}, kind)), values = tracked(normal({rows, 2, 64}, kind));
    {
      Handle a(heads), c(angles.cos()), s(angles.sin()), out;
      succeed(ct_rotate(a, c, s, out.out()));
      tell("rotation", {out.tensor()});
    }
    {
      Handle q(heads), k(keys), v(values), out;
      const std::vector<int64_t> lengths(7, 100), parents{-1, 0, 0, -1, 3, -1, -1};
      succeed(ct_packed_attention(q, k, v, lengths.data(), parents.data(), 7, 0.125, {true, 0},
                                  out.out()));
      const Tensors slopes =
          gradients(out.tensor(), {heads, keys, values}, normal({rows, 8, 64}, kind));
      tell("attention", {out.tensor(), slopes[0], slopes[1], slopes[2]});
    }
    {
      const at::NoGradGuard guard;
      const Tensor cache = normal({8, 2, 200, 64}, kind), other = normal({8, 2, 200, 64}, kind);
      Handle q(normal({8, 8, 64}, kind)), a(cache), b(other), out;
      std::vector<int64_t> slots{0, 1, 2, 3, 4, 5, 6, 7}, positions(8, 190);
      succeed(ct_cache_attention(q, a, b, slots.data(), positions.data(), 0.125, 0, out.out()));
      tell("cache", {out.tensor()});
    }
    {
      const Tensor logits = normal({16, 9000}, kind, 3);
      Filters f;
      f.top_p = 0.9;
      std::vector<ct_sampling> how;
      for (int i = 0; i < 16; ++i) how.push_back(f.at(i / 16.0));
      const Draws got = draw(logits, how, f);
      tell("sampling", {at::tensor(got.ids), at::tensor(got.log_probabilities)});
    }
    if (kind == at::kFloat) continue;
    const at::NoGradGuard guard;
    Handle w(normal({3000, width}, kind)), in(x), packed, out, chosen, ids(at::arange(rows));
    succeed(ct_pack_weight(w, 64, packed.out()));
    succeed(ct_packed_linear(in, packed, 3000, nullptr, false, out.out()));
    if (packed.tensor().is_mkldnn()) continue;
    succeed(ct_selected_log_probabilities(in, w, packed, ids, 1, chosen.out(), nullptr));
    tell("packed linear", {out.tensor()});
    tell("log p", {chosen.tensor()});
  }
}

inline int64_t virtual_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages;
  return pages * 4096;
}

// Runs `call` with less and less memory left, from enough on: each must succeed or say that memory
// is out.
template <class Call>
void with_little_memory(const char *name, int64_t enough, const Call &call) {
  int refused = 0;
  for (int step = 24; step >= 0; --step) {
    now_trying("memory:", name, step, "/ 24");
    rlimit before;
    malloc_trim(0);
    getrlimit(RLIMIT_AS, &before);
    rlimit limit = before;
    limit.rlim_cur = virtual_bytes() + enough * step / 24;
    setrlimit(RLIMIT_AS, &limit);
    const ct_status status = call();
    setrlimit(RLIMIT_AS, &before);
    if (status == 2) ++refused;
    expect("memory: done, or status 2", status == 0 || status == 2);
    if (status == 1) std::printf("memory: %s: %s\n", name, ct_last_error());
  }
  now_trying("memory:", name);
  expect("memory: runs out at last", refused > 0);
}

inline void memory() {
  // What is freed goes back at once, so that it is not there the next time.
  mallopt(M_MMAP_THRESHOLD, 1 << 16);
  // The threads have to be there before: the runtime ends the process when it cannot start one.
  succeed(ct_set_num_threads(3));
  Handle a = Handle(at::ones({4000, 256})), b = Handle(at::ones({4000, 256}));
  { Handle out; succeed(ct_swiglu(a, b, out.out())); }
  const int64_t tokens = 60000;
  const Tensor states = at::zeros({tokens, 2, 64}, at::kBFloat16);
  Handle q(states), trained(tracked(states));
  const int64_t length = tokens, parent = -1;
  with_little_memory("attention", 200 << 20, [&] {
    Handle out;
    return ct_packed_attention(q, q, q, &length, &parent, 1, 1, {true, 1}, out.out());
  });
  with_little_memory("attention and its gradient", 700 << 20, [&] {
    Handle out, outer(states);
    ct_clear_grad(trained);
    const ct_status status =
        ct_packed_attention(trained, q, q, &length, &parent, 1, 1, {true, 1}, out.out());
    return status ? status : ct_backward(out, outer);
  });
  Handle logits(at::zeros({6, 1 << 20}));
  const std::vector<ct_sampling> how(6, Filters{.top_p = 0.9}.at(0.5));
  std::vector<int64_t> ids(6);
  std::vector<float> log_probabilities(6);
  with_little_memory("sampling", 64 << 20, [&] {
    return ct_sample(logits, how.data(), nullptr, nullptr, nullptr, ids.data(),
                     log_probabilities.data());
  });
  Handle cache(at::zeros({4, 1, 400000, 32}, at::kBFloat16)), query(at::zeros({4, 30, 32}, at::kBFloat16));
  const std::vector<int64_t> slots{0, 1, 2, 3}, positions(4, 399999);
  with_little_memory("cache", 256 << 20, [&] {
    Handle out;
    return ct_cache_attention(query, cache, cache, slots.data(), positions.data(), 1, 0, out.out());
  });
  Handle hidden(at::zeros({2000, 64}, at::kBFloat16)), weight(at::zeros({50000, 64}, at::kBFloat16));
  Handle targets(at::zeros({2000}, at::kLong));
  with_little_memory("log p", 96 << 20, [&] {
    Handle out;
    return ct_selected_log_probabilities(hidden, weight, nullptr, targets, 1, out.out(), nullptr);
  });
}

}  // namespace fuzz
