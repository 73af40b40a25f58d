/// A named weight of a model.
///
/// A frozen weight is stored in the compute type. A trained weight is fp32 and is cast on use, so
/// that small updates are not lost.
public final class Parameter {
  public let name: String
  public private(set) var value: Tensor

  public init(name: String, value: Tensor) {
    self.name = name
    self.value = value
  }

  public var shape: [Int] { value.shape }
  public var isTrained: Bool { value.requiresGradient }

  /// Returns the weight in the compute type. Gradients flow back through the cast.
  public func value(as dataType: DataType) -> Tensor { value.to(dataType) }

  /// Makes this an fp32 leaf that accumulates gradients.
  public func train() {
    guard !isTrained else { return }
    value = value.to(.float32).detached().cloned()
    value.requiresGradient = true
  }

  /// Stops accumulating gradients and stores the weight as `dataType`.
  public func freeze(as dataType: DataType) { value = value.detached().to(dataType) }

  /// Replaces the value by another of the same shape.
  public func assign(_ source: Tensor) {
    precondition(source.shape == shape, "\(name) is \(shape), not \(source.shape)")
    value.assign(source)
  }
}

/// The parameters of a model in the order of their definition.
public final class ParameterSet {
  public private(set) var all: [Parameter] = []
  private var indices: [String: Int] = [:]

  public init() {}

  public func add(_ parameter: Parameter) {
    precondition(indices[parameter.name] == nil, "\(parameter.name) is defined twice")
    indices[parameter.name] = all.count
    all.append(parameter)
  }

  public subscript(_ name: String) -> Parameter? { indices[name].map { all[$0] } }
  public var trained: [Parameter] { all.filter(\.isTrained) }
  public var elementCount: Int { all.reduce(0) { $0 + $1.value.count } }
}

/// The source of initial parameter values: a checkpoint, or random numbers.
public protocol ParameterSource: AnyObject {
  /// Returns the value of `name` with exactly `shape`, or throws.
  func value(_ name: String, shape: [Int]) throws -> Tensor

  /// Releases memory whose contents can be read again from a file.
  func releasePages()
}

extension ParameterSource {
  public func releasePages() {}
}

/// A prefix in the tree of parameter names, for example `model.layers.3.self_attn`.
public struct ParameterScope {
  public let path: String
  private let source: any ParameterSource
  private let parameters: ParameterSet

  public init(source: any ParameterSource, parameters: ParameterSet) {
    self.init(path: "", source: source, parameters: parameters)
  }

  private init(path: String, source: any ParameterSource, parameters: ParameterSet) {
    self.path = path
    self.source = source
    self.parameters = parameters
  }

  private func name(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  public subscript(_ key: String) -> ParameterScope {
    ParameterScope(path: name(key), source: source, parameters: parameters)
  }

  /// Defines the parameter `key` in this scope, with its initial value from the source.
  public func parameter(_ key: String, _ shape: [Int]) throws -> Parameter {
    let parameter = Parameter(
      name: name(key), value: try source.value(name(key), shape: shape))
    parameters.add(parameter)
    return parameter
  }
}

/// Initial values for a model trained from scratch: N(0, deviation²), and ones for norms.
public final class RandomSource: ParameterSource {
  private let generator: Generator
  private let deviation: (String) -> Double

  /// `deviation` may depend on the name: GPT-2 scales its residual projections.
  public init(generator: Generator, deviation: @escaping (String) -> Double = { _ in 0.02 }) {
    self.generator = generator
    self.deviation = deviation
  }

  public func value(_ name: String, shape: [Int]) -> Tensor {
    if name.hasSuffix("bias") { return .zeros(shape) }
    if shape.count == 1 { return .ones(shape) }
    return generator.normal(shape, deviation: deviation(name))
  }
}
