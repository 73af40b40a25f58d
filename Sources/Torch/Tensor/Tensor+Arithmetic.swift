import CTorch

extension Tensor {
  private func unary(_ op: ct_unary_op, _ name: StaticString) -> Tensor {
    make(name) { ct_unary(op, handle, $0) }
  }

  public func exp() -> Tensor { unary(CT_EXP, "exp") }
  public func log() -> Tensor { unary(CT_LOG, "log") }
  public func sqrt() -> Tensor { unary(CT_SQRT, "sqrt") }
  public func rsqrt() -> Tensor { unary(CT_RSQRT, "rsqrt") }
  public func abs() -> Tensor { unary(CT_ABS, "abs") }
  public func square() -> Tensor { unary(CT_SQUARE, "square") }
  public func reciprocal() -> Tensor { unary(CT_RECIPROCAL, "reciprocal") }
  public func cos() -> Tensor { unary(CT_COS, "cos") }
  public func sin() -> Tensor { unary(CT_SIN, "sin") }
  public func sigmoid() -> Tensor { unary(CT_SIGMOID, "sigmoid") }
  /// log σ(x), exact in the tails.
  public func logSigmoid() -> Tensor { unary(CT_LOG_SIGMOID, "logSigmoid") }
  public func silu() -> Tensor { unary(CT_SILU, "silu") }
  public func gelu() -> Tensor { unary(CT_GELU, "gelu") }
  /// GELU by its tanh approximation (Hendrycks & Gimpel 2016), as in GPT-2 and Gemma.
  public func geluTanh() -> Tensor { unary(CT_GELU_TANH, "geluTanh") }
  public func tanh() -> Tensor { unary(CT_TANH, "tanh") }
  public func relu() -> Tensor { unary(CT_RELU, "relu") }
  public func logicalNot() -> Tensor { unary(CT_LOGICAL_NOT, "logicalNot") }
  public func isNaN() -> Tensor { unary(CT_ISNAN, "isNaN") }

  private static func binary(
    _ op: ct_binary_op, _ name: StaticString, _ a: Tensor, _ b: Tensor
  ) -> Tensor {
    make(name) { ct_binary(op, a.handle, b.handle, $0) }
  }

  private static func binary(
    _ op: ct_binary_op, _ name: StaticString, _ a: Tensor, _ b: Double
  ) -> Tensor {
    make(name) { ct_binary_scalar(op, a.handle, b, $0) }
  }

  public static prefix func - (x: Tensor) -> Tensor { x.unary(CT_NEG, "negate") }
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(CT_ADD, "add", a, b) }
  public static func + (a: Tensor, b: Double) -> Tensor { binary(CT_ADD, "add", a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(CT_SUB, "subtract", a, b) }
  public static func - (a: Tensor, b: Double) -> Tensor { binary(CT_SUB, "subtract", a, b) }
  public static func - (a: Double, b: Tensor) -> Tensor { -b + a }
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(CT_MUL, "multiply", a, b) }
  public static func * (a: Tensor, b: Double) -> Tensor { binary(CT_MUL, "multiply", a, b) }
  public static func * (a: Double, b: Tensor) -> Tensor { b * a }
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(CT_DIV, "divide", a, b) }
  public static func / (a: Tensor, b: Double) -> Tensor { binary(CT_DIV, "divide", a, b) }

  public func maximum(_ other: Tensor) -> Tensor { Self.binary(CT_MAXIMUM, "maximum", self, other) }
  public func maximum(_ other: Double) -> Tensor { Self.binary(CT_MAXIMUM, "maximum", self, other) }
  public func minimum(_ other: Tensor) -> Tensor { Self.binary(CT_MINIMUM, "minimum", self, other) }
  public func minimum(_ other: Double) -> Tensor { Self.binary(CT_MINIMUM, "minimum", self, other) }
  public func power(_ exponent: Double) -> Tensor { Self.binary(CT_POW, "power", self, exponent) }

  /// Elementwise comparisons return a tensor of booleans.
  public func equals(_ other: Tensor) -> Tensor { Self.binary(CT_EQ, "equals", self, other) }
  public func equals(_ other: Double) -> Tensor { Self.binary(CT_EQ, "equals", self, other) }
  public static func .< (a: Tensor, b: Tensor) -> Tensor { binary(CT_LT, "less", a, b) }
  public static func .< (a: Tensor, b: Double) -> Tensor { binary(CT_LT, "less", a, b) }
  public static func .> (a: Tensor, b: Tensor) -> Tensor { binary(CT_GT, "greater", a, b) }
  public static func .> (a: Tensor, b: Double) -> Tensor { binary(CT_GT, "greater", a, b) }
  public func and(_ other: Tensor) -> Tensor { Self.binary(CT_AND, "and", self, other) }
  public func or(_ other: Tensor) -> Tensor { Self.binary(CT_OR, "or", self, other) }

  public func clamped(_ low: Double, _ high: Double) -> Tensor {
    make("clamped") { ct_clamp(handle, low, high, $0) }
  }
}

// MARK: - Reductions

extension Tensor {
  private func reduce(_ op: ct_reduce_op, _ name: StaticString, _ dimension: Int?, _ keep: Bool)
    -> Tensor
  {
    make(name) { ct_reduce(op, handle, dimension == nil, Int64(dimension ?? 0), keep, $0) }
  }

  public func sum(_ dimension: Int? = nil, keeping: Bool = false) -> Tensor {
    reduce(CT_SUM, "sum", dimension, keeping)
  }
  public func mean(_ dimension: Int? = nil, keeping: Bool = false) -> Tensor {
    reduce(CT_MEAN, "mean", dimension, keeping)
  }
  public func max(_ dimension: Int? = nil, keeping: Bool = false) -> Tensor {
    reduce(CT_AMAX, "max", dimension, keeping)
  }
  public func min(_ dimension: Int? = nil, keeping: Bool = false) -> Tensor {
    reduce(CT_AMIN, "min", dimension, keeping)
  }
  public func logSumExp(_ dimension: Int, keeping: Bool = false) -> Tensor {
    reduce(CT_LOGSUMEXP, "logSumExp", dimension, keeping)
  }
  /// The sample variance, divided by n − 1.
  public func variance(_ dimension: Int? = nil, keeping: Bool = false) -> Tensor {
    reduce(CT_VARIANCE, "variance", dimension, keeping)
  }
  public func argmax(_ dimension: Int? = nil) -> Tensor {
    reduce(CT_ARGMAX, "argmax", dimension, false)
  }
}

// MARK: - Linear algebra and lookups

infix operator .< : ComparisonPrecedence
infix operator .> : ComparisonPrecedence

extension Tensor {
  public func matmul(_ other: Tensor) -> Tensor {
    make("matmul") { ct_matmul(handle, other.handle, $0) }
  }

  /// x · weightᵀ + bias, with weight [out, in].
  public func linear(_ weight: Tensor, bias: Tensor? = nil) -> Tensor {
    make("linear") { ct_linear(handle, weight.handle, bias?.handle, $0) }
  }

  /// Returns the rows of self [V, D] at `ids`.
  public func embedding(_ ids: Tensor) -> Tensor {
    make("embedding") { ct_embedding(handle, ids.handle, $0) }
  }

  public func softmax(_ dimension: Int) -> Tensor {
    make("softmax") { ct_softmax(handle, Int64(dimension), false, $0) }
  }
  public func logSoftmax(_ dimension: Int) -> Tensor {
    make("logSoftmax") { ct_softmax(handle, Int64(dimension), true, $0) }
  }
  public func cumulativeSum(_ dimension: Int) -> Tensor {
    make("cumulativeSum") { ct_cumsum(handle, Int64(dimension), $0) }
  }
  public func gather(_ dimension: Int, _ index: Tensor) -> Tensor {
    make("gather") { ct_gather(handle, Int64(dimension), index.handle, $0) }
  }
  public func selecting(_ dimension: Int, _ index: Tensor) -> Tensor {
    make("selecting") { ct_index_select(handle, Int64(dimension), index.handle, $0) }
  }
  public func masked(_ mask: Tensor, _ value: Double) -> Tensor {
    make("masked") { ct_masked_fill(handle, mask.handle, value, $0) }
  }
  public static func choosing(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    make("choosing") { ct_where(condition.handle, a.handle, b.handle, $0) }
  }
  public func top(_ count: Int, _ dimension: Int = -1) -> (values: Tensor, indices: Tensor) {
    var values: ct_tensor?
    var indices: ct_tensor?
    check(ct_topk(handle, Int64(count), Int64(dimension), &values, &indices), "top")
    guard let values, let indices else { fatalError("top: no result") }
    return (Tensor(owning: values), Tensor(owning: indices))
  }
}
