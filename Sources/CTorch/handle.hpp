// Shared by all files of CTorch: the handle, the conversion of exceptions to statuses, and threads.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <exception>

#include "ct_torch.h"

struct ct_tensor_s {
  at::Tensor value;
  explicit ct_tensor_s(at::Tensor tensor) : value(std::move(tensor)) { live.fetch_add(1); }
  ~ct_tensor_s() { live.fetch_sub(1); }
  static std::atomic<int64_t> live;
};

namespace ct {

// Stores the message of the current exception and returns its status. Call it in a catch clause.
ct_status status_of_exception() noexcept;

// Ensures that parallel regions of this thread get all the threads that they request.
void settle_threads();

template <class Body>
ct_status guarded(Body &&body) noexcept {
  try {
    settle_threads();
    body();
    return 0;
  } catch (...) {
    return status_of_exception();
  }
}

inline ct_tensor wrap(at::Tensor tensor) { return new ct_tensor_s(std::move(tensor)); }

// Waking a second thread costs about this many multiplications, so smaller work is done by one
// thread. (Measured: docs/experiments/generation-speed.md.)
constexpr int64_t smallest_share = 1 << 16;

// The minimum number of items per thread, given the work per item.
inline int64_t grain(int64_t work_per_item) {
  return std::max<int64_t>(1, smallest_share / std::max<int64_t>(1, work_per_item));
}

// The OpenMP runtime that libtorch has loaded. ATen's header-only parallel_for is serial in files
// not compiled with libtorch's OpenMP compiler, so the runtime is called directly.
struct OpenMP {
  void (*parallel)(void (*)(void *), void *, unsigned, unsigned);
  int (*thread_index)();
  int (*thread_count)();
  void (*set_dynamic)(int);

  bool is_complete() const { return parallel && thread_index && thread_count && set_dynamic; }
};
const OpenMP &openmp();

// Runs `body(begin, end)` over [0, count) on the runtime's threads, in shares of at least `grain`
// items. Rethrows the first exception after all threads are finished, because none may leave a
// region.
template <class Body>
void parallel(int64_t count, int64_t grain, const Body &body) {
  if (count <= 0) return;
  const int64_t shares = (count + grain - 1) / grain;
  const int64_t wanted = std::min<int64_t>(ct_num_threads(), shares);
  if (wanted <= 1 || !openmp().is_complete()) {
    body(int64_t(0), count);
    return;
  }
  struct Work {
    const Body *body;
    int64_t count;
    std::atomic<bool> has_failed = false;
    std::exception_ptr error;
  } work{&body, count};
  openmp().parallel(
      [](void *context) {
        auto &work = *static_cast<Work *>(context);
        try {
          // The runtime may provide fewer threads than requested: if it is limited, adapts to the
          // load, or runs inside another region.
          const int64_t workers = openmp().thread_count(), index = openmp().thread_index();
          const int64_t share = (work.count + workers - 1) / workers;
          const int64_t begin = std::min(work.count, index * share);
          const int64_t end = std::min(work.count, begin + share);
          if (begin < end) (*work.body)(begin, end);
        } catch (...) {
          if (!work.has_failed.exchange(true)) work.error = std::current_exception();
        }
      },
      &work, static_cast<unsigned>(wanted), 0);
  if (work.error) std::rethrow_exception(work.error);
}

}  // namespace ct
