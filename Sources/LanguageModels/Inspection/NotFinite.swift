import Torch

extension LanguageModelError {
  /// Returns an error that says that `what` is not finite, and names the first non-finite weight.
  public static func notFinite(_ what: String, weights: [Parameter]) -> LanguageModelError {
    guard let weight = NonFiniteWeight(firstIn: weights) else {
      return .notFinite(
        """
        the model's \(what) are not finite, though all its weights are: a number grew too large on \
        the way. Try --precision fp32.
        """)
    }
    return .notFinite(
      """
      the model's \(what) are not finite: \(weight). Training diverged, or the file is damaged: \
      use an earlier checkpoint, or get the file again.
      """)
  }
}

/// Throws `LanguageModelError.notFinite` if a number is NaN or infinite.
public func checkFinite(
  _ numbers: some Sequence<some BinaryFloatingPoint>, _ what: String,
  of weights: @autoclosure () -> [Parameter]
) throws {
  guard !numbers.allSatisfy(\.isFinite) else { return }
  throw LanguageModelError.notFinite(what, weights: weights())
}

extension CausalLanguageModel {
  /// All weights that a forward pass reads, including adapters.
  public var weights: [Parameter] {
    parameters.all
      + architecture.linearLayers.compactMap(\.adapter).flatMap { [$0.down, $0.up] }
  }
}
