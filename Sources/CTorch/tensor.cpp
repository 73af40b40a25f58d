// Lifetime, creation, random state, reading, and in-place writes.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <cstdio>
#include <cstring>
#include <system_error>

#include "checks.hpp"
#include "handle.hpp"

std::atomic<int64_t> ct_tensor_s::live{0};

struct ct_generator_s {
  at::Generator value;
};

namespace ct {

// Memory that is reserved for the message when there is no other memory.
static thread_local char message[4096];

static ct_status keep(const char *text, ct_status status) noexcept {
  std::snprintf(message, sizeof message, "%s", text);
  return status;
}

ct_status status_of_exception() noexcept {
  constexpr ct_status failed = 1, out_of_memory = 2;
  try {
    throw;
  } catch (const c10::OutOfMemoryError &error) {
    return keep(error.what_without_backtrace(), out_of_memory);
  } catch (const c10::Error &error) {
    const char *text = error.what_without_backtrace();
    // The CPU's allocator does not throw a specific type.
    return keep(text, std::strstr(text, "DefaultCPUAllocator") ? out_of_memory : failed);
  } catch (const std::bad_alloc &) {
    return keep("out of memory", out_of_memory);
  } catch (const std::system_error &error) {
    // A thread's stack could not be allocated.
    const bool lacks = error.code() == std::errc::resource_unavailable_try_again ||
                       error.code() == std::errc::not_enough_memory;
    return keep(error.what(), lacks ? out_of_memory : failed);
  } catch (const std::exception &error) {
    return keep(error.what(), failed);
  } catch (...) {
    return keep("an exception of unknown type", failed);
  }
}

template <class Function>
static Function symbol(const char *name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

const OpenMP &openmp() {
  static const OpenMP runtime{
      symbol<decltype(OpenMP::parallel)>("GOMP_parallel"),
      symbol<decltype(OpenMP::thread_index)>("omp_get_thread_num"),
      symbol<decltype(OpenMP::thread_count)>("omp_get_num_threads"),
      symbol<decltype(OpenMP::set_dynamic)>("omp_set_dynamic"),
  };
  return runtime;
}

// The number of threads of a region that requests `wanted`.
static int threads_given(int wanted) {
  if (wanted <= 1 || !openmp().is_complete()) return wanted;
  int given = 1;
  openmp().parallel(
      [](void *count) {
        if (openmp().thread_index() == 0) *static_cast<int *>(count) = openmp().thread_count();
      },
      &given, static_cast<unsigned>(wanted), 0);
  return given;
}

// oneDNN divides a product by the number of threads that it requests, and loses the share of those
// that OMP_DYNAMIC, OMP_THREAD_LIMIT or OMP_MAX_ACTIVE_LEVELS withhold. No region may therefore
// request more than there are.
static void set_threads(int wanted) {
  at::set_num_threads(wanted);
  const int given = threads_given(wanted);
  if (given < wanted) at::set_num_threads(given);
}

void settle_threads() {
  thread_local bool is_settled = false;
  if (is_settled) return;
  is_settled = true;
  // Both settings are per thread; libtorch passes its own number on to other threads.
  if (openmp().is_complete()) openmp().set_dynamic(0);
  static const bool once = (set_threads(at::get_num_threads()), true);
  static_cast<void>(once);
}

static at::ScalarType scalar_type(ct_dtype dtype) {
  switch (dtype) {
    case CT_FLOAT32: return at::kFloat;
    case CT_FLOAT16: return at::kHalf;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_FLOAT64: return at::kDouble;
    case CT_INT64: return at::kLong;
    case CT_INT32: return at::kInt;
    case CT_UINT8: return at::kByte;
    case CT_BOOL: return at::kBool;
  }
  TORCH_CHECK(false, "unknown data type code ", int(dtype));
}

static ct_dtype code(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return CT_FLOAT32;
    case at::kHalf: return CT_FLOAT16;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kDouble: return CT_FLOAT64;
    case at::kLong: return CT_INT64;
    case at::kInt: return CT_INT32;
    case at::kByte: return CT_UINT8;
    default: return CT_BOOL;
  }
}

static at::DeviceType device_type(ct_device_type device) {
  switch (device) {
    case CT_CPU: return at::kCPU;
    case CT_CUDA: return at::kCUDA;
  }
  TORCH_CHECK(false, "unknown device code ", int(device));
}

static at::TensorOptions options(ct_dtype dtype, ct_device_type device) {
  return at::TensorOptions().dtype(scalar_type(dtype)).device(device_type(device));
}

}  // namespace ct

using namespace ct;

const char *ct_last_error(void) { return message; }
const char *ct_torch_version(void) { return TORCH_VERSION; }
int64_t ct_live_tensors(void) { return ct_tensor_s::live.load(); }
ct_status ct_set_num_threads(int32_t count) {
  return guarded([&] {
    TORCH_CHECK(count > 0, "the number of threads is ", count, "; it must be positive");
    set_threads(count);
  });
}
int32_t ct_num_threads(void) { return at::get_num_threads(); }
bool ct_cuda_is_available(void) { return at::hasCUDA(); }
bool ct_grad_is_enabled(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_enabled(bool enabled) { at::GradMode::set_enabled(enabled); }

bool ct_cpu_has_bfloat16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

void ct_tensor_free(ct_tensor tensor) { delete tensor; }

ct_status ct_alias(ct_tensor x, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value); });
}

ct_status ct_full(const int64_t *shape, int32_t rank, double value, ct_dtype dtype,
                  ct_device_type device, ct_tensor *out) {
  return guarded([&] {
    *out = wrap(at::full(numbers(shape, rank), value, options(dtype, device)));
  });
}

ct_status ct_empty(const int64_t *shape, int32_t rank, ct_dtype dtype, ct_device_type device,
                   ct_tensor *out) {
  return guarded(
      [&] { *out = wrap(at::empty(numbers(shape, rank), options(dtype, device))); });
}

ct_status ct_arange(int64_t start, int64_t end, ct_device_type device, ct_tensor *out) {
  return guarded([&] { *out = wrap(at::arange(start, end, options(CT_INT64, device))); });
}

ct_status ct_from_bytes(const void *bytes, const int64_t *shape, int32_t rank, ct_dtype dtype,
                        ct_tensor *out) {
  return guarded([&] {
    at::Tensor copy = at::empty(numbers(shape, rank), options(dtype, CT_CPU));
    TORCH_CHECK(bytes || copy.nbytes() == 0, "a tensor of ", copy.nbytes(), " bytes lacks them");
    if (copy.nbytes() > 0) std::memcpy(copy.mutable_data_ptr(), bytes, copy.nbytes());
    *out = wrap(std::move(copy));
  });
}

ct_status ct_from_borrowed(const void *bytes, const int64_t *shape, int32_t rank, ct_dtype dtype,
                           void (*release)(void *), void *context, ct_tensor *out) {
  return guarded([&] {
    const at::IntArrayRef sizes = numbers(shape, rank);
    for (const int64_t size : sizes) TORCH_CHECK(size >= 0, "a size is negative: ", sizes);
    TORCH_CHECK(bytes || std::find(sizes.begin(), sizes.end(), 0) != sizes.end(), "a tensor of shape ", sizes,
                " lacks its bytes");
    *out = wrap(at::from_blob(
        const_cast<void *>(bytes), sizes,
        [release, context](void *) { release(context); }, options(dtype, CT_CPU)));
  });
}

ct_status ct_random_normal(const int64_t *shape, int32_t rank, double mean, double deviation,
                           ct_generator generator, ct_tensor *out) {
  return guarded([&] {
    at::Tensor noise =
        at::randn(numbers(shape, rank), generator->value, options(CT_FLOAT32, CT_CPU));
    *out = wrap(noise.mul_(deviation).add_(mean));
  });
}

ct_status ct_random_uniform(const int64_t *shape, int32_t rank, ct_generator generator,
                            ct_tensor *out) {
  return guarded([&] {
    *out = wrap(
        at::rand(numbers(shape, rank), generator->value, options(CT_FLOAT32, CT_CPU)));
  });
}

ct_status ct_generator_new(uint64_t seed, ct_generator *out) {
  return guarded([&] { *out = new ct_generator_s{at::make_generator<at::CPUGeneratorImpl>(seed)}; });
}

void ct_generator_free(ct_generator generator) { delete generator; }

ct_status ct_generator_get_state(ct_generator generator, uint8_t *buffer, int64_t *size) {
  return guarded([&] {
    const at::Tensor state = generator->value.get_state();
    TORCH_CHECK(!buffer || *size >= state.numel(), "a generator's state has ", state.numel(),
                " bytes, the buffer ", *size);
    *size = state.numel();
    if (buffer) std::memcpy(buffer, state.const_data_ptr(), state.nbytes());
  });
}

ct_status ct_generator_set_state(ct_generator generator, const uint8_t *buffer, int64_t size) {
  return guarded([&] {
    TORCH_CHECK(buffer && size > 0, "a generator's state cannot have ", size, " bytes");
    at::Tensor state = at::empty({size}, options(CT_UINT8, CT_CPU));
    std::memcpy(state.mutable_data_ptr(), buffer, size);
    generator->value.set_state(state);
  });
}

int32_t ct_rank(ct_tensor x) { return static_cast<int32_t>(x->value.dim()); }
int64_t ct_size(ct_tensor x, int32_t dimension) {
  return dimension >= 0 && dimension < x->value.dim() ? x->value.sizes()[dimension] : -1;
}
int64_t ct_count(ct_tensor x) { return x->value.numel(); }
ct_dtype ct_dtype_of(ct_tensor x) { return code(x->value.scalar_type()); }
ct_device_type ct_device_of(ct_tensor x) { return x->value.is_cuda() ? CT_CUDA : CT_CPU; }

const void *ct_data(ct_tensor x) {
  return is_dense_cpu(x->value) ? x->value.const_data_ptr() : nullptr;
}

ct_status ct_item(ct_tensor x, double *out) {
  return guarded([&] { *out = x->value.item().toDouble(); });
}

ct_status ct_copy_bytes(ct_tensor x, void *bytes, int64_t size) {
  return guarded([&] {
    const at::Tensor dense = x->value.detach().cpu().contiguous();
    TORCH_CHECK(static_cast<int64_t>(dense.nbytes()) == size, "the tensor has ", dense.nbytes(),
                " bytes, the buffer ", size);
    TORCH_CHECK(bytes || size == 0, "there is no buffer for ", size, " bytes");
    if (size > 0) std::memcpy(bytes, dense.const_data_ptr(), size);
  });
}

ct_status ct_to_dtype(ct_tensor x, ct_dtype dtype, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.to(scalar_type(dtype))); });
}

ct_status ct_to_device(ct_tensor x, ct_device_type device, ct_tensor *out) {
  return guarded([&] { *out = wrap(x->value.to(device_type(device))); });
}

ct_status ct_assign(ct_tensor x, ct_tensor source) {
  return guarded([&] {
    const at::NoGradGuard guard;
    TORCH_CHECK(x->value.sizes() == source->value.sizes(), "a tensor of shape ",
                source->value.sizes(), " is assigned to one of shape ", x->value.sizes());
    x->value.copy_(source->value);
  });
}

ct_status ct_fill(ct_tensor x, double value) {
  return guarded([&] {
    const at::NoGradGuard guard;
    x->value.fill_(value);
  });
}

ct_status ct_scale(ct_tensor x, double factor) {
  return guarded([&] {
    const at::NoGradGuard guard;
    x->value.mul_(factor);
  });
}

ct_status ct_accumulate(ct_tensor x, ct_tensor y, double factor) {
  return guarded([&] {
    const at::NoGradGuard guard;
    x->value.add_(y->value, factor);
  });
}
