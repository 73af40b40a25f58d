/// A normalisation over the last dimension.
public protocol Norm: AnyObject {
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// Root-mean-square normalisation (Zhang & Sennrich 2019).
public final class RMSNorm: Norm {
  public let weight: Parameter
  public let epsilon: Double
  private let isCentredAtOne: Bool

  /// - Parameter centredAtOne: Whether to multiply by 1 + weight, as Gemma does, instead of by
  ///   weight.
  public init(
    _ scope: ParameterScope, _ width: Int, epsilon: Double, centredAtOne: Bool = false
  ) throws {
    weight = try scope.parameter("weight", [width])
    self.epsilon = epsilon
    isCentredAtOne = centredAtOne
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    // In fp32, because 1 + weight would round the weight away in bf16.
    let scale = isCentredAtOne ? weight.value.to(.float32) + 1 : weight.value
    return x.rmsNormalized(scale, epsilon: epsilon)
  }
}

/// Normalisation to mean 0 and variance 1, then a scale and a shift (Ba et al. 2016).
public final class LayerNorm: Norm {
  public let weight: Parameter
  public let bias: Parameter
  public let epsilon: Double

  public init(_ scope: ParameterScope, _ width: Int, epsilon: Double) throws {
    weight = try scope.parameter("weight", [width])
    bias = try scope.parameter("bias", [width])
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNormalized(weight.value, bias: bias.value, epsilon: epsilon)
  }
}
