// Sampling: shares against the exact distribution, and rows that have none.
#pragma once
#include "support.hpp"

namespace fuzz {

struct Filters {
  double temperature = 1, top_p = 1, min_p = 0, penalty = 1;
  int64_t top_k = 0;
  std::vector<int64_t> penalised, biased;
  std::vector<float> biases;

  ct_sampling at(double uniform) const {
    return {uniform, temperature, top_k, top_p, min_p, penalty,
            static_cast<int64_t>(penalised.size()), static_cast<int64_t>(biased.size())};
  }
};

inline Filters random_filters(int64_t vocabulary) {
  Filters f;
  f.temperature = real(0.2, 2.5);
  if (chance(0.4)) f.top_k = whole(1, vocabulary + 3);
  if (chance(0.4)) f.top_p = real(0.05, 0.999);
  if (chance(0.4)) f.min_p = real(0.001, 0.9);
  if (chance(0.3)) f.penalty = real(0.6, 1.8);
  const bool biases = chance(0.3);
  for (int64_t id = 0; id < vocabulary; ++id) {
    if (f.penalty != 1 && chance(0.2)) f.penalised.push_back(id);
    if (!biases || !chance(0.2)) continue;
    f.biased.push_back(id);
    f.biases.push_back(chance(0.2) ? -100 : real(-3, 3));
  }
  return f;
}

// What sampling should do with one row, in fp64.
struct Exact {
  std::vector<double> shares, log_probabilities;
  // A token is in or out by less than fp32 can tell.
  bool is_close = false;

  Exact(const std::vector<float> &row, const Filters &f) {
    const int64_t count = row.size();
    std::vector<double> logits(row.begin(), row.end()), p(count);
    for (const int64_t id : f.penalised) logits[id] *= logits[id] < 0 ? f.penalty : 1 / f.penalty;
    for (size_t i = 0; i < f.biased.size(); ++i) logits[f.biased[i]] += f.biases[i];
    const double most = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (int64_t i = 0; i < count; ++i) total += p[i] = std::exp((logits[i] - most) / f.temperature);
    for (int64_t i = 0; i < count; ++i) {
      log_probabilities.push_back((logits[i] - most) / f.temperature - std::log(total));
    }
    std::vector<int64_t> order(count);
    for (int64_t i = 0; i < count; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return p[a] > p[b]; });
    const int64_t first = f.top_k > 0 ? std::min(f.top_k, count) : count;
    double mass = 0;
    for (int64_t i = 0; i < first; ++i) mass += p[order[i]];
    int64_t kept = first;
    if (f.top_p < 1) {
      double share = 0;
      for (kept = 0; kept < first && (kept == 0 || share < f.top_p * mass); ++kept) {
        share += p[order[kept]];
        is_close |= std::abs(share - f.top_p * mass) < 1e-5 * mass;
      }
    }
    for (int64_t i = 0; i < count; ++i) is_close |= std::abs(p[i] - f.min_p) < 1e-5 * f.min_p;
    if (first < count) is_close |= p[order[first - 1]] - p[order[first]] < 1e-6 * p[order[first]];
    while (kept > 1 && p[order[kept - 1]] < f.min_p) --kept;
    double sum = 0;
    for (int64_t i = 0; i < kept; ++i) sum += p[order[i]];
    shares.resize(count);
    for (int64_t i = 0; i < kept; ++i) shares[order[i]] = p[order[i]] / sum;
  }
};

struct Draws {
  std::vector<int64_t> ids;
  std::vector<float> log_probabilities;
};

inline Draws draw(const Tensor &logits, const std::vector<ct_sampling> &rows, const Filters &f) {
  std::vector<int64_t> penalised, biased;
  std::vector<float> biases;
  for (size_t i = 0; i < rows.size(); ++i) {
    penalised.insert(penalised.end(), f.penalised.begin(), f.penalised.end());
    biased.insert(biased.end(), f.biased.begin(), f.biased.end());
    biases.insert(biases.end(), f.biases.begin(), f.biases.end());
  }
  Draws draws{std::vector<int64_t>(rows.size()), std::vector<float>(rows.size())};
  Handle handle(logits);
  succeed(ct_sample(handle, rows.data(), penalised.data(), biased.data(), biases.data(),
                    draws.ids.data(), draws.log_probabilities.data()));
  return draws;
}

inline std::vector<float> floats(const Tensor &x) {
  const Tensor dense = x.to(at::kFloat).contiguous();
  return {dense.const_data_ptr<float>(), dense.const_data_ptr<float>() + dense.numel()};
}

// Draws at even steps through [0, 1): each token's share must be exact within a step.
inline void sampling() {
  const auto kind = type();
  const int64_t vocabulary = chance(0.2) ? whole(300, 1500) : whole(1, 60), count = 2000;
  const Filters f = random_filters(vocabulary);
  const Tensor logits = normal({1, vocabulary}, kind, real(0.2, 4));
  now_trying("sampling", kind, "V", vocabulary, "T", f.temperature, "k", f.top_k, "p", f.top_p,
             "min", f.min_p, "penalty", f.penalty, "biases", f.biases.size());
  const Exact exact(floats(logits), f);
  if (exact.is_close) return;
  std::vector<ct_sampling> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(f.at((i + 0.5) / count));
  const Draws got = draw(logits.expand({count, vocabulary}), rows, f);
  std::vector<double> shares(vocabulary);
  double off = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t id = got.ids[i];
    if (id < 0 || id >= vocabulary) return expect("sampling: ids", false);
    shares[id] += 1.0 / count;
    off = std::max(off, std::abs(got.log_probabilities[i] - exact.log_probabilities[id]));
  }
  double worst = 0;
  for (int64_t i = 0; i < vocabulary; ++i) {
    worst = std::max(worst, std::abs(shares[i] - exact.shares[i]));
  }
  record("sampling: shares (absolute)", worst, 3.0 / count);
  record("sampling: log p (absolute)", off, 1e-3);
}

// Many rows of which some have no distribution: those alone are told.
inline void sampling_flaws() {
  const auto kind = type();
  const int64_t vocabulary = whole(1, 400), count = whole(1, 20);
  Tensor logits = normal({count, vocabulary}, kind, 3);
  std::vector<bool> flawed(count);
  Filters f;
  std::vector<ct_sampling> rows;
  for (int64_t n = 0; n < count; ++n) {
    Filters own = random_filters(vocabulary);
    own.penalised.clear(), own.biased.clear();
    own.temperature = chance(0.2) ? 0 : chance(0.2) ? 1e-39 : chance(0.1) ? 1e30 : own.temperature;
    rows.push_back(own.at(real(0, 0.999)));
    const double number[] = {NAN, INFINITY, -INFINITY};
    const int64_t which = whole(0, 5);
    if (which > 2) continue;
    const int64_t id = whole(0, vocabulary - 1);
    logits[n][id] = number[which];
    if (which == 2 && chance(0.5)) logits[n].fill_(-INFINITY);
    flawed[n] = which < 2 || vocabulary == 1 ||
                at::isinf(logits[n]).all().item<bool>();
  }
  now_trying("flawed rows", kind, "N", count, "V", vocabulary);
  const Draws got = draw(logits, rows, f);
  for (int64_t n = 0; n < count; ++n) {
    expect("sampling: flawed rows are −1", (got.ids[n] == -1) == flawed[n]);
    expect("sampling: ids", got.ids[n] >= -1 && got.ids[n] < vocabulary);
    const Draws alone = draw(logits.narrow(0, n, 1), {rows[n]}, f);
    expect("sampling: a row alone", alone.ids[0] == got.ids[n]);
    const bool is_greedy = rows[n].temperature < 1e-5;
    if (!flawed[n] && is_greedy) {
      const int64_t first = logits[n].to(at::kFloat).argmax().item<int64_t>();
      expect("sampling: greedy is the first of the largest", got.ids[n] == first);
    }
    if (!flawed[n]) expect("sampling: no forbidden token", std::isfinite(floats(logits[n])[got.ids[n]]));
  }
}

}  // namespace fuzz
