// Groups of processes: they find each other through c10d's TCP store and sum tensors with its gloo
// backend. libtorch's wheel contains c10d's headers and gloo's code but not gloo's headers, so
// Debian's are used (libgloo-dev). Only opaque pointers of their types are passed on, so their
// version does not matter.
#if __has_include(<gloo/rendezvous/context.h>)
#define USE_C10D_GLOO
#endif

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <vector>

#include "checks.hpp"
#include "handle.hpp"

using namespace ct;

#ifdef USE_C10D_GLOO

namespace {

// The gradients of one step while they are summed over processes, bucket by bucket. A bucket is
// sent as soon as its gradients are complete, while the backward pass continues (Li et al. 2020).
//
// All processes send the same buckets in the same order. A process without a gradient for a
// parameter sends zeros when its backward passes are finished.
class Reduction {
 public:
  // A gradient is complete after `passes` backward passes; with 0, everything is sent at the end.
  Reduction(ct_group group, std::vector<at::Tensor> parameters, int64_t passes,
            int64_t bucket_bytes);
  ~Reduction();
  Reduction(const Reduction &) = delete;

  // Sends the remaining buckets, waits for all, and replaces the gradients by the sums. Returns how
  // many buckets were sent earlier.
  int32_t finish();

 private:
  struct Hook : torch::autograd::PostAccumulateGradHook {
    Reduction *reduction;
    size_t index;
    Hook(Reduction *reduction, size_t index) : reduction(reduction), index(index) {}
    void operator()(const at::Tensor &) override { reduction->arrived(index); }
  };
  struct Bucket {
    std::vector<size_t> members;
    size_t incomplete = 0;
    at::Tensor sum;
    c10::intrusive_ptr<c10d::Work> work;
  };

  void arrived(size_t index);
  void send(Bucket &bucket);
  c10::intrusive_ptr<c10d::Work> add_up(at::Tensor &values);

  ct_group group;
  std::vector<at::Tensor> parameters;
  int64_t passes;
  std::vector<int64_t> seen;
  std::vector<size_t> bucket_of;
  std::vector<Bucket> buckets;
  size_t sent = 0;
  bool late = false;
};

}  // namespace

struct ct_group_s {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> backend;
  std::unique_ptr<Reduction> reduction;
};

namespace {

// The first bucket is small, so that sending starts early (as in DistributedDataParallel).
constexpr int64_t first_bucket = 1 << 20;

Reduction::Reduction(ct_group group, std::vector<at::Tensor> all, int64_t passes,
                     int64_t bucket_bytes)
    : group(group), parameters(std::move(all)), passes(passes), seen(parameters.size()),
      bucket_of(parameters.size()) {
  // Gradients arrive in about the reverse order of the layers.
  int64_t bytes = 0;
  for (size_t i = parameters.size(); i-- > 0;) {
    const int64_t room =
        buckets.size() <= 1 ? std::min(first_bucket, bucket_bytes) : bucket_bytes;
    if (buckets.empty() || bytes >= room) {
      buckets.emplace_back();
      bytes = 0;
    }
    buckets.back().members.push_back(i);
    ++buckets.back().incomplete;
    bucket_of[i] = buckets.size() - 1;
    bytes += parameters[i].numel() * static_cast<int64_t>(sizeof(float));
  }
  if (passes == 0) return;
  for (size_t i = 0; i < parameters.size(); ++i) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[i], std::make_unique<Hook>(this, i));
  }
}

Reduction::~Reduction() {
  if (passes == 0) return;
  for (const at::Tensor &x : parameters) {
    torch::autograd::impl::set_post_acc_grad_hooks(x, nullptr);
  }
}

c10::intrusive_ptr<c10d::Work> Reduction::add_up(at::Tensor &values) {
  std::vector<at::Tensor> tensors{values};
  return group->backend->allreduce(tensors);
}

void Reduction::send(Bucket &bucket) {
  const at::NoGradGuard guard;
  std::vector<at::Tensor> flat;
  for (const size_t i : bucket.members) {
    const at::Tensor &gradient = parameters[i].grad();
    const at::Tensor whole = gradient.defined() ? gradient : at::zeros_like(parameters[i]);
    flat.push_back(whole.reshape({-1}));
  }
  bucket.sum = at::cat(flat, 0);
  bucket.work = add_up(bucket.sum);
}

void Reduction::arrived(size_t index) {
  Bucket &bucket = buckets[bucket_of[index]];
  // A bucket was sent before this gradient arrived. This is an error, which is reported when the
  // step ends.
  if (bucket.work) late = true;
  if (++seen[index] != passes) return;
  --bucket.incomplete;
  for (; sent < buckets.size() && buckets[sent].incomplete == 0; ++sent) send(buckets[sent]);
}

int32_t Reduction::finish() {
  const size_t early = sent;
  for (; sent < buckets.size(); ++sent) send(buckets[sent]);
  TORCH_CHECK(!late, "a gradient came after its sum was sent: more than ", passes,
              " backward passes");
  // A parameter without a gradient in any process keeps none, so that the optimiser skips it.
  at::Tensor present = at::zeros({static_cast<int64_t>(parameters.size())}, at::kLong);
  for (size_t i = 0; i < parameters.size(); ++i) {
    present[static_cast<int64_t>(i)] = parameters[i].grad().defined() ? 1 : 0;
  }
  add_up(present)->wait();
  for (Bucket &bucket : buckets) {
    bucket.work->wait();
    int64_t start = 0;
    for (const size_t i : bucket.members) {
      at::Tensor &x = parameters[i];
      const at::Tensor sum = bucket.sum.narrow(0, start, x.numel()).view(x.sizes());
      start += x.numel();
      if (present[static_cast<int64_t>(i)].item<int64_t>() == 0) continue;
      if (x.grad().defined()) {
        x.grad().copy_(sum);
      } else {
        x.mutable_grad() = sum.clone();
      }
    }
  }
  return static_cast<int32_t>(early);
}

}  // namespace

ct_status ct_group_new(const char *host, uint16_t port, bool hosts, int32_t rank, int32_t size,
                       const char *prefix, int64_t timeout_milliseconds, ct_group *out) {
  return guarded([&] {
    TORCH_CHECK(host && prefix && size > 0 && rank >= 0 && rank < size, "process ", rank, " of ",
                size, " cannot meet the others");
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
  return guarded([&] {
    TORCH_CHECK(is_dense_cpu(x->value), "a sum over processes takes a dense tensor on the CPU");
    std::vector<at::Tensor> tensors{x->value};
    group->backend->allreduce(tensors)->wait();
  });
}

ct_status ct_group_broadcast(ct_group group, ct_tensor x, int32_t root) {
  return guarded([&] {
    const at::NoGradGuard guard;
    TORCH_CHECK(x->value.is_cpu() && root >= 0 && root < group->backend->getSize(),
                "a broadcast from process ", root, " of ", group->backend->getSize(),
                " takes a tensor on the CPU");
    at::Tensor dense = x->value.detach().contiguous();
    std::vector<at::Tensor> tensors{dense};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    group->backend->broadcast(tensors, options)->wait();
    if (!dense.is_same(x->value)) x->value.detach().copy_(dense);
  });
}

ct_status ct_group_begin_gradients(ct_group group, const ct_tensor *parameters, int32_t count,
                                   int32_t passes, int64_t bucket_bytes) {
  return guarded([&] {
    TORCH_CHECK(count >= 0 && passes >= 0 && bucket_bytes > 0, count, " parameters, ", passes,
                " passes, buckets of ", bucket_bytes, " bytes");
    std::vector<at::Tensor> values;
    for (int32_t i = 0; i < count; ++i) {
      const at::Tensor &x = parameters[i]->value;
      TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat && x.requires_grad(), "parameter ", i,
                  "is not a trained fp32 parameter on the CPU");
      values.push_back(x);
    }
    group->reduction.reset();
    group->reduction = std::make_unique<Reduction>(group, std::move(values), passes, bucket_bytes);
  });
}

void ct_group_abandon_gradients(ct_group group) { group->reduction.reset(); }

ct_status ct_group_sum_gradients(ct_group group, int32_t *early) {
  return guarded([&] {
    const at::NoGradGuard guard;
    TORCH_CHECK(group->reduction, "no sum of gradients was begun");
    const std::unique_ptr<Reduction> reduction = std::move(group->reduction);
    *early = reduction->finish();
  });
}

#else

struct ct_group_s {};

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
ct_status ct_group_begin_gradients(ct_group, const ct_tensor *, int32_t, int32_t, int64_t) {
  return missing();
}
void ct_group_abandon_gradients(ct_group) {}
ct_status ct_group_sum_gradients(ct_group, int32_t *) { return missing(); }

#endif
