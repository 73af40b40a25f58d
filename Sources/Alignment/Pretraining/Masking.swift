import Foundations
import LanguageModels

/// The choice of masked tokens, made again each time a text is read (Devlin et al. 2019, section 3.1;
/// Liu et al. 2019 for the dynamic choice; `docs/recipe.md`, S6).
package struct Masking: Sendable {
  let maskToken: Int
  /// The tokens that may be masked or used as replacements: all but the special ones.
  let ordinary: [Int]
  let share: Double
  private let isOrdinary: Set<Int>

  package init(maskToken: Int, ordinary: [Int], share: Double = 0.15) {
    self.maskToken = maskToken
    self.ordinary = ordinary
    self.share = share
    isOrdinary = Set(ordinary)
  }

  /// Throws `badData` if the tokenizer has no mask token.
  init(tokenizer: Tokenizer, file: String, share: Double) throws {
    guard let mask = ["[MASK]", "<mask>"].lazy.compactMap(tokenizer.tokenID(of:)).first else {
      throw AlignmentError.badData(
        file: file,
        problem: "the tokenizer has no token [MASK] or <mask>, which objective=masked needs.")
    }
    self.init(
      maskToken: mask,
      ordinary: (0..<tokenizer.vocabularySize).filter { !tokenizer.isSpecial($0) }, share: share)
  }

  /// The choice for measuring, which is the same for every model.
  static var measuring: RandomStream { RandomStream(seed: 0, .measuredTokens) }

  /// Chooses `share` of the ordinary tokens, at least one: 80% are masked, 10% replaced by a random
  /// ordinary token, and 10% left unchanged. Without an ordinary token nothing is predicted.
  func callAsFunction(_ window: [Int], _ random: inout RandomStream) -> TextPrediction {
    let candidates = window.indices.filter { isOrdinary.contains(window[$0]) }
    let count = min(
      candidates.count, max(1, Int((Double(candidates.count) * share).rounded())))
    let places = random.shuffled(candidates).prefix(count).sorted()
    var inputs = window
    for place in places {
      switch random.below(10) {
      case 0..<8: inputs[place] = maskToken
      case 8: inputs[place] = ordinary[random.below(ordinary.count)]
      default: break
      }
    }
    return TextPrediction(inputs: inputs, places: places, targets: places.map { window[$0] })
  }

  /// Returns the inputs and the hidden places of `window` under `seed`, for tests.
  package func example(_ window: [Int], seed: Int) -> (inputs: [Int], places: [Int]) {
    var random = RandomStream(seed: seed, .hiddenTokens)
    let found = self(window, &random)
    return (found.inputs, found.places)
  }
}
