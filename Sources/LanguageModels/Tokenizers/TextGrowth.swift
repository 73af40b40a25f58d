import Foundation

/// A bound on how much longer a text can become, so that a crafted `tokenizer.json` cannot exhaust
/// memory: thirty steps that each double the text would multiply its size by 10⁹.
enum TextGrowth {
  /// The largest factor that is accepted. Published tokenizers stay below 40.
  static let limit = 1024.0

  /// Returns the largest factor by which replacing every match of `pattern` can lengthen a text.
  static func factor(replacing pattern: TextPattern, with count: Int) -> Double {
    switch pattern {
    case .literal(let literal): max(1, Double(count) / Double(max(1, literal.count)))
    // Empty matches are skipped, so each match has at least one byte.
    case .expression: max(1, Double(count))
    }
  }
}

extension Normalizer {
  /// The largest factor by which the normalizer can lengthen a text of many bytes.
  var growth: Double {
    switch self {
    case .sequence(let steps): steps.reduce(1) { $0 * $1.growth }
    case .replace(let pattern, let replacement):
      TextGrowth.factor(replacing: pattern, with: replacement.utf8.count)
    case .precompiled(let map): Double(max(1, map.longestReplacement))
    case .form, .lowercase, .stripAccents, .strip, .bert, .nmt, .prepend, .byteLevel: 1
    }
  }
}

extension TokenDecoder {
  /// The largest factor by which the decoder can lengthen the spelling of a token.
  var growth: Double {
    switch self {
    case .sequence(let steps): steps.reduce(1) { $0 * $1.growth }
    case .replace(let pattern, let replacement):
      TextGrowth.factor(replacing: pattern, with: replacement.count)
    case .byteLevel, .byteFallback, .fuse, .strip, .metaspace, .wordPiece, .bytePair: 1
    }
  }
}

extension TokenizerReader {
  /// Throws if a part of the tokenizer could lengthen texts without bound.
  func checkGrowth(_ growth: Double?, of part: String) throws {
    guard let growth, growth > TextGrowth.limit else { return }
    throw malformed(
      "the \(part) could make a text \(growth.formatted(.number.notation(.scientific))) times as long; "
        + "at most \(Int(TextGrowth.limit)) times is accepted")
  }
}
