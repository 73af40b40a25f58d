// Compares the kernels of Sources/CTorch with fp64 references, call by call of the C ABI.
//
//   fuzz SEED ROUNDS [PART…]   parts as listed below; `hostile` runs once, whatever the rounds
//   fuzz digests               what our kernels give, to be compared between environments
//   fuzz memory                calls with too little memory (not under AddressSanitizer)
#include <chrono>
#include <functional>

#include "attention_cases.hpp"
#include "hostile_cases.hpp"
#include "pointwise_cases.hpp"
#include "process_cases.hpp"
#include "product_cases.hpp"
#include "sampling_cases.hpp"

using namespace fuzz;

struct Part {
  const char *name;
  void (*round)();
  bool once;
};

static const Part parts[] = {
    {"attention", attention, false},       {"cache", cache, false},
    {"packed-linear", packed_linear, false}, {"low-rank", low_rank, false},
    {"log-p", log_probabilities, false},   {"norms", norms, false},
    {"swiglu", swiglu, false},             {"rotation", rotation, false},
    {"sampling", sampling, false},         {"sampling-flaws", sampling_flaws, false},
    {"adamw", optimiser, false},           {"hostile", hostile, true},
};

static void run(const Part &part, int rounds) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < (part.once ? 1 : rounds); ++i) {
    try {
      part.round();
    } catch (const std::exception &error) {
      std::printf("%s: %.300s\n", current.c_str(), error.what());
      expect(std::string(part.name) + ": no error", false);
    }
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  std::printf("%-16s %7.1f s\n", part.name, time.count());
  std::fflush(stdout);
}

static int report() {
  int64_t checks = 0, failures = 0, refusals = 0;
  for (const auto &[name, tally] : tallies) {
    checks += tally.checks, failures += tally.failures;
    if (name.starts_with("refused: ") && tally.failures == 0) {
      ++refusals;
      continue;
    }
    std::printf("%-44s %7lld checks %4lld wrong   worst %.2g  %.120s\n", name.c_str(),
                static_cast<long long>(tally.checks), static_cast<long long>(tally.failures),
                tally.worst, tally.worst > 0 ? tally.worst_case.c_str() : "");
  }
  if (refusals > 0) std::printf("%lld hostile calls refused\n", static_cast<long long>(refusals));
  std::printf("%lld checks, %lld wrong, %lld tensors left\n", static_cast<long long>(checks),
              static_cast<long long>(failures), static_cast<long long>(ct_live_tensors()));
  return failures == 0 && ct_live_tensors() == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "digests") return digests(), 0;
  if (words.size() == 1 && words[0] == "memory") return memory(), report();
  if (words.size() < 2) return std::fputs("fuzz SEED ROUNDS [PART…] | digests | memory\n", stderr), 64;
  const uint64_t seed = std::stoull(words[0]);
  const int rounds = std::stoi(words[1]);
  for (const Part &part : parts) {
    const bool is_asked = words.size() == 2 || std::count(words.begin() + 2, words.end(), part.name);
    if (!is_asked) continue;
    // Each part has its own choices, so that it can be run again alone.
    engine.seed(seed);
    at::manual_seed(seed);
    run(part, rounds);
  }
  return report();
}
