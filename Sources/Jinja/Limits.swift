/// Limits on what a template may use. A template is untrusted: it comes with a model.
public struct Limits: Sendable {
  /// Expressions and statements that are evaluated, and elements that are visited.
  public var steps = 10_000_000
  /// Expressions and statements inside each other, with macro calls and recursive loops.
  public var depth = 400
  /// Unicode scalars of the output.
  public var output = 64_000_000
  /// Scalars and elements of all values that a template creates.
  public var allocations = 100_000_000

  public init() {}

  /// Expressions, or tags, inside each other in the text of a template. Python allows about as many.
  static let nesting = 100
  /// Lists and dictionaries inside each other.
  static let valueDepth = 100
  /// Scalars of a template.
  static let source = 4_000_000
  /// The most elements of `range`, as in Jinja's sandbox.
  static let range = 100_000
}
