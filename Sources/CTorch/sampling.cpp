// Sampling of the next token of each row: penalties, temperature, filters.



#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "checks.hpp"
#include "handle.hpp"
#include "registers.hpp"

using namespace ct;

namespace {

template <class T>
CT_INLINE float weights_of(const T *logits, float *weights, int64_t count, float inverse,
                           float *total) {
#pragma clang fp reassociate(on)
  float most = widen(logits[0]);
  for (int64_t i = 1; i < count; ++i) most = std::max(most, widen(logits[i]));
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) weights[i] = exponential((widen(logits[i]) - most) * inverse);
  for (int64_t i = 0; i < count; ++i) sum += weights[i];
  *total = sum;
  return most;
}

// Returns the first index of the largest value; `most` receives the value.
template <class T>
CT_INLINE int64_t place_of(const T *row, int64_t count, float most) {
  constexpr int64_t block = 256;
  for (int64_t start = 0; start < count; start += block) {
    const int64_t end = std::min(count, start + block);
    bool found = false;
    for (int64_t i = start; i < end; ++i) found |= widen(row[i]) == most;
    if (!found) continue;
    for (int64_t i = start; i < end; ++i) {
      if (widen(row[i]) == most) return i;
    }
  }
  return 0;
}

CT_INLINE float block_sum(const float *weights, int64_t count) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += weights[i];
  return sum;
}

// Returns −1 if the weights do not sum to `target`.
int64_t walk_each(const float *weights, int64_t count, double target) {
  double mass = 0;
  for (int64_t i = 0; i < count; ++i) {
    mass += weights[i];
    if (weights[i] > 0 && mass > target) return i;
  }
  return -1;
}

int64_t last_positive(const float *weights, int64_t count) {
  int64_t last = count - 1;
  while (last > 0 && weights[last] <= 0) --last;
  return last;
}

// Returns the token at which the running sum of weights exceeds `target`. Whole blocks before it
// are skipped.
CT_INLINE int64_t walk(const float *weights, int64_t size, double target) {
  constexpr int64_t block = 256;
  double mass = 0;
  for (int64_t start = 0; start < size; start += block) {
    const int64_t count = std::min(block, size - start);
    const float sum = block_sum(weights + start, count);
    if (mass + sum > target) {
      const int64_t found = walk_each(weights + start, count, target - mass);
      if (found >= 0) return start + found;
    }
    mass += sum;
  }
  return last_positive(weights, size);
}

// Top-k, then the smallest set of the rest whose share reaches top_p (Holtzman et al. 2019), then
// the tokens with at least min_p times the weight of the most likely one, which is 1 (Nguyen et al.
// 2024). The total must be finite, so that the most likely token is always kept.
int64_t walk_filtered(const float *weights, int64_t count, float total, const ct_sampling &how) {
  const int64_t top_k = how.top_k;
  const double top_p = how.top_p, uniform = how.uniform;
  const auto heavier = [&](int64_t a, int64_t b) {
    return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
  };
  std::vector<int64_t> kept;
  // All lighter tokens together weigh less than 1 − top_p, or are dropped by min_p, so they are
  // never kept. (With top-k they count towards k.)
  const float floor =
      top_k > 0 ? 0.0f : static_cast<float>(std::max((1 - top_p) / count * total, how.min_p));
  for (int64_t i = 0; i < count; ++i) {
    if (weights[i] >= floor && weights[i] > 0) kept.push_back(i);
  }
  if (top_k > 0 && top_k < static_cast<int64_t>(kept.size())) {
    std::nth_element(kept.begin(), kept.begin() + top_k, kept.end(), heavier);
    kept.resize(top_k);
  }
  std::sort(kept.begin(), kept.end(), heavier);
  double mass = 0;
  if (top_k > 0) {
    for (const int64_t i : kept) mass += weights[i];
  } else {
    mass = total;
  }
  double share = 0;
  size_t nucleus = 0;
  while (nucleus < kept.size() && (nucleus == 0 || share < top_p * mass)) {
    share += weights[kept[nucleus++]];
  }
  while (nucleus > 1 && weights[kept[nucleus - 1]] < how.min_p) share -= weights[kept[--nucleus]];
  double run = 0;
  for (size_t i = 0; i < nucleus; ++i) {
    run += weights[kept[i]];
    if (run > uniform * share) return kept[i];
  }
  return kept[nucleus - 1];
}

struct Adjustments {
  const int64_t *penalised;
  const int64_t *biased;
  const float *biases;
};

// Keskar et al. 2019: the logits of earlier tokens are divided by the penalty, or multiplied if
// negative.
void adjust(float *row, int64_t vocabulary, const ct_sampling &how, const Adjustments &with) {
  const float penalty = static_cast<float>(how.repetition_penalty);
  for (int64_t i = 0; i < how.penalised_count; ++i) {
    const int64_t id = with.penalised[i];
    if (id < 0 || id >= vocabulary) continue;
    row[id] = row[id] < 0 ? row[id] * penalty : row[id] / penalty;
  }
  for (int64_t i = 0; i < how.biased_count; ++i) {
    const int64_t id = with.biased[i];
    if (id >= 0 && id < vocabulary) row[id] += with.biases[i];
  }
}

// Below this temperature softmax equals greedy sampling, and 1 / temperature may overflow a float.
constexpr double coldest = 1e-5;

bool is_greedy(const ct_sampling &how) { return how.temperature < coldest; }

template <class T>
void sample_row(const T *row, int64_t vocabulary, const ct_sampling &how, float *weights,
                int64_t *id, float *log_probability) {
  const bool greedy = is_greedy(how);
  const bool filtered = how.top_k > 0 || how.top_p < 1 || how.min_p > 0;
  const float inverse = greedy ? 1.0f : static_cast<float>(1 / how.temperature);
  float total = 0, most = 0;
  with_widest_registers([&](auto) CT_INLINE_BODY {
    most = weights_of(row, weights, vocabulary, inverse, &total);
    if (!std::isfinite(total)) return;
    if (greedy) {
      *id = place_of(row, vocabulary, most);
    } else if (!filtered) {
      *id = walk(weights, vocabulary, how.uniform * total);
    }
  });
  // The logits contain NaN or +∞, or only −∞, and are not a distribution.
  if (!std::isfinite(total)) {
    *id = -1;
    *log_probability = std::numeric_limits<float>::quiet_NaN();
    return;
  }
  if (filtered && !greedy) *id = walk_filtered(weights, vocabulary, total, how);
  *log_probability = (widen(row[*id]) - most) * inverse - std::log(total);
}

template <class T>
void sample_rows(const at::Tensor &logits, const ct_sampling *rows,
                 const std::vector<Adjustments> &adjustments, int64_t *ids,
                 float *log_probabilities) {
  const int64_t vocabulary = logits.size(1);
  const T *all = logits.const_data_ptr<T>();
  parallel(logits.size(0), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(vocabulary), adjusted;
    for (int64_t n = begin; n < end; ++n) {
      const T *row = all + n * vocabulary;
      if (rows[n].penalised_count == 0 && rows[n].biased_count == 0) {
        sample_row(row, vocabulary, rows[n], weights.data(), ids + n, log_probabilities + n);
        continue;
      }
      adjusted.resize(vocabulary);
      for (int64_t i = 0; i < vocabulary; ++i) adjusted[i] = widen(row[i]);
      adjust(adjusted.data(), vocabulary, rows[n], adjustments[n]);
      sample_row(adjusted.data(), vocabulary, rows[n], weights.data(), ids + n,
                 log_probabilities + n);
    }
  });
}

void check(const ct_sampling &how) {
  TORCH_CHECK(how.uniform >= 0 && how.uniform < 1, "the random number ", how.uniform,
              " is not in [0, 1)");
  TORCH_CHECK(how.temperature >= 0, "the temperature ", how.temperature, " is not 0 or more");
  if (!is_greedy(how)) inverse_of(how.temperature, "temperature");
  TORCH_CHECK(how.top_k >= 0, "top_k ", how.top_k, " is negative");
  TORCH_CHECK(how.top_p > 0 && how.top_p <= 1, "top_p ", how.top_p, " is not in (0, 1]");
  TORCH_CHECK(how.min_p >= 0 && how.min_p < 1, "min_p ", how.min_p, " is not in [0, 1)");
  // The logits are divided and multiplied by it.
  inverse_of(how.repetition_penalty, "repetition penalty");
  TORCH_CHECK(how.penalised_count >= 0 && how.biased_count >= 0, how.penalised_count,
              " tokens are penalised and ", how.biased_count, " biased");
}

}  // namespace

ct_status ct_sample(ct_tensor logits, const ct_sampling *rows, const int64_t *penalised,
                    const int64_t *biased, const float *biases, int64_t *ids,
                    float *log_probabilities) {
  return guarded([&] {
    const at::Tensor dense = logits->value.detach().cpu().contiguous();
    TORCH_CHECK(dense.dim() == 2 && dense.size(1) > 0, "sample takes logits [N, V], not ",
                dense.sizes());
    TORCH_CHECK(at::isFloatingType(dense.scalar_type()), "logits are ", dense.scalar_type());
    std::vector<Adjustments> adjustments;
    adjustments.reserve(dense.size(0));
    for (int64_t n = 0; n < dense.size(0); ++n) {
      check(rows[n]);
      for (int64_t i = 0; i < rows[n].biased_count; ++i) {
        TORCH_CHECK(std::isfinite(biases[i]), "the bias of token ", biased[i], " is ", biases[i]);
      }
      adjustments.push_back({penalised, biased, biases});
      penalised += rows[n].penalised_count;
      biased += rows[n].biased_count;
      biases += rows[n].biased_count;
    }
    if (dense.scalar_type() == at::kBFloat16) {
      sample_rows<c10::BFloat16>(dense, rows, adjustments, ids, log_probabilities);
    } else {
      sample_rows<float>(dense.to(at::kFloat), rows, adjustments, ids, log_probabilities);
    }
  });
}
