// The C11 ABI over libtorch that the Swift module Torch uses.
//
// Ownership: every `ct_tensor *out` receives a new handle, which the caller frees with
// `ct_tensor_free`. Arguments are borrowed. Every function returns a status: 0 is success, 1 an
// error, 2 out of memory. After an error, `ct_last_error` returns the message for the calling
// thread. No C++ exception leaves this ABI.
//
// Handles must be valid, and a pointer must refer to as many entries as the call states. Everything
// else is checked: types, devices, shapes and indices that do not match are an error.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CT_ABI_VERSION 2

typedef struct ct_tensor_s *ct_tensor;
typedef struct ct_generator_s *ct_generator;
typedef int32_t ct_status;

typedef enum {
  CT_FLOAT32 = 0,
  CT_FLOAT16,
  CT_BFLOAT16,
  CT_FLOAT64,
  CT_INT64,
  CT_INT32,
  CT_UINT8,
  CT_BOOL
} ct_dtype;

typedef enum { CT_CPU = 0, CT_CUDA = 1 } ct_device_type;

// MARK: Runtime
const char *ct_last_error(void);
const char *ct_torch_version(void);
int64_t ct_live_tensors(void);
ct_status ct_set_num_threads(int32_t count);
int32_t ct_num_threads(void);
bool ct_cuda_is_available(void);
bool ct_cpu_has_bfloat16(void);
bool ct_grad_is_enabled(void);
void ct_set_grad_enabled(bool enabled);

// MARK: Lifecycle and creation
void ct_tensor_free(ct_tensor tensor);
ct_status ct_alias(ct_tensor x, ct_tensor *out);
ct_status ct_full(const int64_t *shape, int32_t rank, double value, ct_dtype dtype,
                  ct_device_type device, ct_tensor *out);
ct_status ct_empty(const int64_t *shape, int32_t rank, ct_dtype dtype, ct_device_type device,
                   ct_tensor *out);
ct_status ct_arange(int64_t start, int64_t end, ct_device_type device, ct_tensor *out);
// Copies `bytes` (dense, row-major) into a new CPU tensor.
ct_status ct_from_bytes(const void *bytes, const int64_t *shape, int32_t rank, ct_dtype dtype,
                        ct_tensor *out);
// Borrows `bytes`; `release(context)` runs once when the storage is freed.
ct_status ct_from_borrowed(const void *bytes, const int64_t *shape, int32_t rank, ct_dtype dtype,
                           void (*release)(void *), void *context, ct_tensor *out);
ct_status ct_random_normal(const int64_t *shape, int32_t rank, double mean, double deviation,
                           ct_generator generator, ct_tensor *out);
ct_status ct_random_uniform(const int64_t *shape, int32_t rank, ct_generator generator,
                            ct_tensor *out);

// MARK: Random state
ct_status ct_generator_new(uint64_t seed, ct_generator *out);
void ct_generator_free(ct_generator generator);
// Writes the state's size to `size`, and the state to `buffer` of `size` bytes unless it is null.
ct_status ct_generator_get_state(ct_generator generator, uint8_t *buffer, int64_t *size);
ct_status ct_generator_set_state(ct_generator generator, const uint8_t *buffer, int64_t size);

// MARK: Reading a tensor
int32_t ct_rank(ct_tensor x);
// Returns −1 if the dimension does not exist.
int64_t ct_size(ct_tensor x, int32_t dimension);
int64_t ct_count(ct_tensor x);
ct_dtype ct_dtype_of(ct_tensor x);
ct_device_type ct_device_of(ct_tensor x);
// Returns the address of a dense CPU tensor, or null.
const void *ct_data(ct_tensor x);
ct_status ct_item(ct_tensor x, double *out);
// Copies a tensor into `bytes`, dense and from any device.
ct_status ct_copy_bytes(ct_tensor x, void *bytes, int64_t size);

// MARK: Operators
typedef enum {
  CT_NEG, CT_EXP, CT_LOG, CT_SQRT, CT_RSQRT, CT_ABS, CT_SQUARE, CT_SIGMOID, CT_LOG_SIGMOID,
  CT_SILU, CT_GELU, CT_GELU_TANH, CT_TANH, CT_RELU, CT_COS, CT_SIN, CT_LOGICAL_NOT, CT_ISNAN, CT_RECIPROCAL
} ct_unary_op;
ct_status ct_unary(ct_unary_op op, ct_tensor x, ct_tensor *out);

typedef enum {
  CT_ADD, CT_SUB, CT_MUL, CT_DIV, CT_MAXIMUM, CT_MINIMUM, CT_POW, CT_EQ, CT_NE, CT_LT, CT_LE,
  CT_GT, CT_GE, CT_AND, CT_OR
} ct_binary_op;
ct_status ct_binary(ct_binary_op op, ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_binary_scalar(ct_binary_op op, ct_tensor a, double b, ct_tensor *out);

typedef enum {
  CT_SUM, CT_MEAN, CT_AMAX, CT_AMIN, CT_LOGSUMEXP, CT_VARIANCE, CT_ARGMAX
} ct_reduce_op;
// Reduces over `dimension`, or over all dimensions if `all`. Variance divides by n − 1.
ct_status ct_reduce(ct_reduce_op op, ct_tensor x, bool all, int64_t dimension, bool keep,
                    ct_tensor *out);

ct_status ct_matmul(ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null, ct_tensor *out);
ct_status ct_embedding(ct_tensor weight, ct_tensor ids, ct_tensor *out);
ct_status ct_softmax(ct_tensor x, int64_t dimension, bool logarithm, ct_tensor *out);
ct_status ct_cumsum(ct_tensor x, int64_t dimension, ct_tensor *out);
ct_status ct_gather(ct_tensor x, int64_t dimension, ct_tensor index, ct_tensor *out);
ct_status ct_index_select(ct_tensor x, int64_t dimension, ct_tensor index, ct_tensor *out);
ct_status ct_where(ct_tensor condition, ct_tensor a, ct_tensor b, ct_tensor *out);
ct_status ct_masked_fill(ct_tensor x, ct_tensor mask, double value, ct_tensor *out);
ct_status ct_clamp(ct_tensor x, double low, double high, ct_tensor *out);
ct_status ct_cat(const ct_tensor *tensors, int32_t count, int64_t dimension, ct_tensor *out);
ct_status ct_stack(const ct_tensor *tensors, int32_t count, int64_t dimension, ct_tensor *out);
ct_status ct_topk(ct_tensor x, int64_t count, int64_t dimension, ct_tensor *values,
                  ct_tensor *indices);

// MARK: Shape
ct_status ct_reshape(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_expand(ct_tensor x, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_permute(ct_tensor x, const int64_t *order, int32_t rank, ct_tensor *out);
ct_status ct_transpose(ct_tensor x, int64_t a, int64_t b, ct_tensor *out);
ct_status ct_unsqueeze(ct_tensor x, int64_t dimension, ct_tensor *out);
ct_status ct_squeeze(ct_tensor x, int64_t dimension, ct_tensor *out);
ct_status ct_slice(ct_tensor x, int64_t dimension, int64_t start, int64_t end, ct_tensor *out);
ct_status ct_select(ct_tensor x, int64_t dimension, int64_t index, ct_tensor *out);
ct_status ct_contiguous(ct_tensor x, ct_tensor *out);
ct_status ct_to_dtype(ct_tensor x, ct_dtype dtype, ct_tensor *out);
ct_status ct_to_device(ct_tensor x, ct_device_type device, ct_tensor *out);
ct_status ct_clone(ct_tensor x, ct_tensor *out);

// MARK: In place (outside autograd)
// The tensors must have the same shape.
ct_status ct_assign(ct_tensor x, ct_tensor source);
ct_status ct_fill(ct_tensor x, double value);
ct_status ct_scale(ct_tensor x, double factor);
// x += factor · y
ct_status ct_accumulate(ct_tensor x, ct_tensor y, double factor);

// MARK: Autograd
ct_status ct_detach(ct_tensor x, ct_tensor *out);
bool ct_requires_grad(ct_tensor x);
ct_status ct_set_requires_grad(ct_tensor x, bool required);
ct_status ct_backward(ct_tensor loss, ct_tensor gradient_or_null);
// Writes a null handle if there is no gradient.
ct_status ct_grad(ct_tensor x, ct_tensor *out);
ct_status ct_clear_grad(ct_tensor x);
// Scales all gradients so that their global L2 norm is at most `limit`. `norm` receives the norm
// before scaling.
ct_status ct_clip_grad_norm(const ct_tensor *parameters, int32_t count, double limit,
                            double *norm);

typedef enum { CT_EPSILON_TORCH = 0, CT_EPSILON_TENSORFLOW = 1 } ct_epsilon_placement;
// One fused AdamW step over the fp32 parameters that have a gradient. `steps` fp32 [count] contains
// the number of steps of each parameter and is incremented.
ct_status ct_adamw(const ct_tensor *parameters, const ct_tensor *first_moments,
                   const ct_tensor *second_moments, ct_tensor steps, int32_t count,
                   double learning_rate, double beta1, double beta2, double epsilon,
                   double weight_decay, ct_epsilon_placement placement);

// MARK: Fused, with hand-written gradients
// x [N, D], weight [D] → [N, D]; statistics in fp32.
ct_status ct_rms_norm(ct_tensor x, ct_tensor weight, double epsilon, ct_tensor *out);
// silu(gate) · up.
ct_status ct_swiglu(ct_tensor gate, ct_tensor up, ct_tensor *out);
// x [N, H, K], cosines and sines [N, K/2] fp32: rotates the pairs (i, i + K/2).
ct_status ct_rotate(ct_tensor x, ct_tensor cosines, ct_tensor sines, ct_tensor *out);
// x [N, D], weight and bias [D] → [N, D]: (x − mean) / √(variance + ε) · weight + bias.
ct_status ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon,
                        ct_tensor *out);
// Which tokens of its own sequence a token attends to: with `causal`, those up to itself, and only
// the last `window` of them if it is positive; otherwise all.
typedef struct {
  bool causal;
  int64_t window;
} ct_mask;
// Attention within each sequence of a packed batch. Segment i starts a sequence if parents[i] is
// −1. Otherwise it continues that earlier segment and attends to its whole path. query [N, H, K],
// key and value [N, G, K], lengths sum to N → [N, H, K].
ct_status ct_packed_attention(ct_tensor query, ct_tensor key, ct_tensor value,
                              const int64_t *lengths, const int64_t *parents, int32_t segments,
                              double scale, ct_mask mask, ct_tensor *out);
// x · weightᵀ + bias + scale · (x · downᵀ) · upᵀ with a frozen weight [O, D] (bias [O] or null).
// Gradients for x, down [R, D] and up [O, R], which are fp32. `packed` and `turned` are the weight
// and its transpose packed by ct_pack_weight if ct_packs allows it, or both null.
ct_status ct_low_rank_linear(ct_tensor x, ct_tensor weight, ct_tensor packed_or_null,
                             ct_tensor turned_or_null, ct_tensor bias_or_null, ct_tensor down,
                             ct_tensor up, double scale, ct_tensor *out);
// log softmax(hidden · weightᵀ / temperature)[target], and the entropy (without gradient) if
// `entropy` is not null. hidden [N, D], weight [V, D], targets [N] → fp32 [N]. `packed` is the
// weight packed by ct_pack_weight if ct_packs allows it, or null.
ct_status ct_selected_log_probabilities(ct_tensor hidden, ct_tensor weight,
                                        ct_tensor packed_or_null, ct_tensor targets,
                                        double temperature, ct_tensor *out, ct_tensor *entropy);

// MARK: Inference
// Returns whether CTorch has kernels for products with this weight [O, D] on this CPU.
ct_status ct_packs(ct_tensor weight, bool *out);
// Returns the weight [O, D] in the fastest layout for products with about `rows` rows.
ct_status ct_pack_weight(ct_tensor weight, int64_t rows, ct_tensor *out);
// x [N, D] times a packed weight of `outputs` rows → [N, O]; in fp32 if `wide`.
ct_status ct_packed_linear(ct_tensor x, ct_tensor packed, int64_t outputs, ct_tensor bias_or_null,
                           bool wide, ct_tensor *out);
// Writes key and value [N, G, K] of token n to dense caches [S, G, T, K] at
// (slots[n], positions[n]).
ct_status ct_cache_write(ct_tensor key_cache, ct_tensor value_cache, ct_tensor key,
                         ct_tensor value, const int64_t *slots, const int64_t *positions);
// Attends from one token per slot to positions 0…positions[n] of its slot, or to the last `window`
// of them if it is positive. query [N, H, K].
ct_status ct_cache_attention(ct_tensor query, ct_tensor key_cache, ct_tensor value_cache,
                             const int64_t *slots, const int64_t *positions, double scale,
                             int64_t window, ct_tensor *out);
// How one row is sampled. A temperature below 1e-5 is greedy; top_k 0, top_p 1, min_p 0 and
// repetition_penalty 1 turn these off. In the arrays passed to ct_sample, the row's `penalised`
// ids, and its `biased` ids with their biases, follow those of the previous row.
typedef struct {
  double uniform;  // a random number in [0, 1)
  double temperature;
  int64_t top_k;
  double top_p;
  double min_p;
  double repetition_penalty;
  int64_t penalised_count;
  int64_t biased_count;
} ct_sampling;
// Samples one id per row of logits [N, V]. `log_probabilities` are those of the unfiltered
// distribution at the row's temperature (at 1 if greedy), after penalty and bias. If a row's logits
// contain NaN or +∞, or only −∞, its id is −1.
ct_status ct_sample(ct_tensor logits, const ct_sampling *rows, const int64_t *penalised,
                    const int64_t *biased, const float *biases, int64_t *ids,
                    float *log_probabilities);

// MARK: Recomputation
// One step of a computation: x → out. Returns 0 on success.
typedef ct_status (*ct_step)(void *context, ct_tensor x, ct_tensor *out);
// Runs a step without keeping its intermediate results; backward runs it again (Chen et al. 2016).
// `release` is called once, when the context is no longer needed.
ct_status ct_recomputed(ct_tensor x, ct_step step, void *context, void (*release)(void *),
                        ct_tensor *out);

// MARK: Groups of processes (c10d over gloo)
typedef struct ct_group_s *ct_group;
// Joins `size` processes at a TCP store, which this process hosts if `hosts`. Keys contain
// `prefix`, so that a second attempt does not read those of the first.
ct_status ct_group_new(const char *host, uint16_t port, bool hosts, int32_t rank, int32_t size,
                       const char *prefix, int64_t timeout_milliseconds, ct_group *out);
void ct_group_free(ct_group group);
// x ← Σ over processes of x (dense).
ct_status ct_group_sum(ct_group group, ct_tensor x);
// x ← the x of process `root`.
ct_status ct_group_broadcast(ct_group group, ct_tensor x, int32_t root);
// Call before the backward passes of a step. Gradients of fp32 parameters are summed over processes
// in buckets of about `bucket_bytes`, in order, each as soon as `passes` backward passes have added
// to all of it; with 0 passes, at the end.
ct_status ct_group_begin_gradients(ct_group group, const ct_tensor *parameters, int32_t count,
                                   int32_t passes, int64_t bucket_bytes);
// Call after the backward passes. Sends the remaining buckets and replaces the gradients by the
// sums. `early` receives the number of buckets sent during the backward passes. No other exchange
// may take place between the two calls.
ct_status ct_group_sum_gradients(ct_group group, int32_t *early);
// Call instead to discard a step that failed.
void ct_group_abandon_gradients(ct_group group);

#ifdef __cplusplus
}
#endif
