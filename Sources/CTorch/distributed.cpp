// Groups of processes: c10d's TCP store to meet at, its gloo backend to add up over.
// The wheel of libtorch has c10d's headers and gloo's code but not gloo's headers: those are
// Debian's (libgloo-dev). Only opaque pointers of theirs are passed on, so their age is no matter.
#if __has_include(<gloo/rendezvous/context.h>)
#define USE_C10D_GLOO
#endif

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include "handle.hpp"

using namespace ct;

struct ct_group_s {
#ifdef USE_C10D_GLOO
  c10::intrusive_ptr<c10d::ProcessGroupGloo> backend;
#endif
};

#ifdef USE_C10D_GLOO

namespace {

// Gradients travel in buckets of this many numbers (25 MB, as DistributedDataParallel's).
constexpr int64_t bucket_size = 25 * 1024 * 1024 / 4;

void add_up(ct_group group, at::Tensor &values) {
  std::vector<at::Tensor> tensors{values};
  group->backend->allreduce(tensors)->wait();
}

}  // namespace

ct_status ct_group_new(const char *host, uint16_t port, bool hosts, int32_t rank, int32_t size,
                       const char *prefix, int64_t timeout_milliseconds, ct_group *out) {
  return guarded([&] {
    const std::chrono::milliseconds timeout(timeout_milliseconds);
    c10d::TCPStoreOptions options;
    options.port = port;
    options.isServer = hosts;
    options.numWorkers = size;
    options.waitWorkers = false;
    options.timeout = timeout;
    c10::intrusive_ptr<c10d::Store> store = c10::make_intrusive<c10d::TCPStore>(host, options);
    store = c10::make_intrusive<c10d::PrefixStore>(prefix, store);
    auto gloo = c10d::ProcessGroupGloo::Options::create(timeout);
    const char *interface = std::getenv("GLOO_SOCKET_IFNAME");
    gloo->devices.push_back(interface
                                ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    *out = new ct_group_s{c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, gloo)};
  });
}

void ct_group_free(ct_group group) { delete group; }

ct_status ct_group_sum(ct_group group, ct_tensor x) {
  return guarded([&] { add_up(group, x->value); });
}

ct_status ct_group_broadcast(ct_group group, ct_tensor x, int32_t root) {
  return guarded([&] {
    const at::NoGradGuard guard;
    at::Tensor dense = x->value.detach().contiguous();
    std::vector<at::Tensor> tensors{dense};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    group->backend->broadcast(tensors, options)->wait();
    if (!dense.is_same(x->value)) x->value.detach().copy_(dense);
  });
}

ct_status ct_group_sum_gradients(ct_group group, const ct_tensor *parameters, int32_t count) {
  return guarded([&] {
    const at::NoGradGuard guard;
    // A process whose share of the step was empty has no gradients, and adds nothing to theirs.
    at::Tensor present = at::zeros({count}, at::kLong);
    for (int32_t i = 0; i < count; ++i) present[i] = parameters[i]->value.grad().defined() ? 1 : 0;
    add_up(group, present);
    std::vector<at::Tensor> members;
    int64_t size = 0;
    const auto flush = [&] {
      if (members.empty()) return;
      std::vector<at::Tensor> flat;
      flat.reserve(members.size());
      for (const at::Tensor &x : members) flat.push_back(x.grad().reshape({-1}));
      at::Tensor bucket = at::cat(flat, 0);
      add_up(group, bucket);
      int64_t start = 0;
      for (const at::Tensor &x : members) {
        x.grad().copy_(bucket.narrow(0, start, x.numel()).view(x.sizes()));
        start += x.numel();
      }
      members.clear();
      size = 0;
    };
    for (int32_t i = 0; i < count; ++i) {
      at::Tensor &x = parameters[i]->value;
      if (present[i].item<int64_t>() == 0) continue;
      if (!x.grad().defined()) x.mutable_grad() = at::zeros_like(x);
      members.push_back(x);
      size += x.numel();
      if (size >= bucket_size) flush();
    }
    flush();
  });
}

#else

namespace {
ct_status missing() {
  return guarded([] {
    throw std::runtime_error(
        "this program was built without gloo: install libgloo-dev and build again");
  });
}
}  // namespace

ct_status ct_group_new(const char *, uint16_t, bool, int32_t, int32_t, const char *, int64_t,
                       ct_group *) {
  return missing();
}
void ct_group_free(ct_group group) { delete group; }
ct_status ct_group_sum(ct_group, ct_tensor) { return missing(); }
ct_status ct_group_broadcast(ct_group, ct_tensor, int32_t) { return missing(); }
ct_status ct_group_sum_gradients(ct_group, const ct_tensor *, int32_t) { return missing(); }

#endif
