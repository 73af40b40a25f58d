import Foundation
import Torch

/// A weight with values that are NaN or infinite.
public struct NonFiniteWeight: Equatable, Sendable, CustomStringConvertible {
  public let name: String
  /// The number of values that are not finite.
  public let count: Int
  public let total: Int

  /// Finds the first tensor with a non-finite value. A finite tensor costs one sum.
  public init?(firstIn tensors: some Sequence<(name: String, value: Tensor)>) {
    let found = noGradient {
      tensors.lazy.compactMap { name, value -> (name: String, count: Int, total: Int)? in
        // NaN and infinity survive a sum. The sum may also overflow, so the values are counted in
        // that case.
        guard !value.sum().item().isFinite else { return nil }
        let numbers = value.detached().to(.float32)
        // x − x is 0 if x is finite and NaN otherwise.
        let count = Int((numbers - numbers).isNaN().to(.int64).sum().item())
        return count > 0 ? (name, count, value.count) : nil
      }.first
    }
    guard let found else { return nil }
    (name, count, total) = found
  }

  public var description: String {
    "the weight “\(name)” has \(count) of \(total) values that are not finite (NaN or infinite)"
  }
}

extension NonFiniteWeight {
  /// Finds the first parameter with a non-finite value.
  public init?(firstIn parameters: [Parameter]) {
    self.init(firstIn: parameters.lazy.map { (name: $0.name, value: $0.value) })
  }
}

extension ParameterSet {
  /// Throws if a model read from `folder` has a non-finite weight.
  func checkFinite(in folder: URL) throws {
    guard let weight = NonFiniteWeight(firstIn: all) else { return }
    throw LanguageModelError.malformed(
      file: folder.path, problem: "\(weight)",
      remedy: "The model is damaged, or its training diverged. Download it again, or train it again"
    )
  }
}
