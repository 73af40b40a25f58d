// Shared by the translation units of CTorch: the handle, the error ladder, the thread pool.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>

#include <atomic>
#include <exception>
#include <string>

#include "ct_torch.h"

struct ct_tensor_s {
  at::Tensor value;
  explicit ct_tensor_s(at::Tensor tensor) : value(std::move(tensor)) { live.fetch_add(1); }
  ~ct_tensor_s() { live.fetch_sub(1); }
  static std::atomic<int64_t> live;
};

namespace ct {

std::string &last_error();

template <class Body>
ct_status guarded(Body &&body) noexcept {
  try {
    body();
    return 0;
  } catch (const c10::OutOfMemoryError &error) {
    last_error() = error.what_without_backtrace();
    return 2;
  } catch (const c10::Error &error) {
    last_error() = error.what_without_backtrace();
    const bool allocation = last_error().find("DefaultCPUAllocator") != std::string::npos;
    return allocation ? 2 : 1;
  } catch (const std::bad_alloc &) {
    last_error() = "out of memory";
    return 2;
  } catch (const std::exception &error) {
    last_error() = error.what();
    return 1;
  } catch (...) {
    last_error() = "an exception of unknown type";
    return 1;
  }
}

inline ct_tensor wrap(at::Tensor tensor) { return new ct_tensor_s(std::move(tensor)); }

// Waking a second thread costs what about so many multiplications do: less work than this a thread
// is done sooner alone. (Measured: docs/experiments/generation-speed.md.)
constexpr int64_t smallest_share = 1 << 16;

// The items that one thread should do at least, when an item is so much work.
inline int64_t grain(int64_t work_per_item) {
  return std::max<int64_t>(1, smallest_share / std::max<int64_t>(1, work_per_item));
}

// Runs `body(begin, end)` over [0, count) on libtorch's own OpenMP threads. ATen's header-only
// parallel_for is serial in a file that was not compiled by its OpenMP compiler, so the runtime
// that libtorch has loaded is asked directly.
template <class Body>
void parallel(int64_t count, int64_t grain, const Body &body);

using gomp_parallel = void (*)(void (*)(void *), void *, unsigned, unsigned);
gomp_parallel openmp_parallel();
int openmp_thread_index();

template <class Body>
void parallel(int64_t count, int64_t grain, const Body &body) {
  const int64_t most = ct_num_threads();
  const int64_t wanted = std::min<int64_t>(most, (count + grain - 1) / std::max<int64_t>(1, grain));
  const auto run = openmp_parallel();
  if (wanted <= 1 || run == nullptr) {
    if (count > 0) body(int64_t(0), count);
    return;
  }
  struct Work {
    const Body *body;
    int64_t count, workers;
  } work{&body, count, wanted};
  run(
      [](void *context) {
        const auto &work = *static_cast<Work *>(context);
        const int64_t index = openmp_thread_index();
        if (index >= work.workers) return;
        const int64_t share = (work.count + work.workers - 1) / work.workers;
        const int64_t begin = std::min(work.count, index * share);
        const int64_t end = std::min(work.count, begin + share);
        if (begin < end) (*work.body)(begin, end);
      },
      &work, static_cast<unsigned>(wanted), 0);
}

}  // namespace ct
