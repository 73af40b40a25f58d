/// An expression of a template.
final class Expression: Sendable {
  indirect enum Kind: Sendable {
    case constant(Value.Constant)
    case name(Name)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, Text)
    case item(Expression, Expression)
    case slice(start: Expression?, stop: Expression?, step: Expression?)
    case call(Expression, Arguments)
    /// A filter; without a subject it is part of a filter block or of a block assignment.
    case filter(Expression?, String, Arguments)
    case test(Expression, String, Arguments)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case comparison(Expression, [(operation: Comparison, operand: Expression)])
    case negative(Expression)
    case positive(Expression)
    case arithmetic(Arithmetic, Expression, Expression)
    case concatenation([Expression])
    case condition(test: Expression, then: Expression, otherwise: Expression?)
    /// `namespace.attribute`, as the target of an assignment.
    case namespaceAttribute(Name, Text)
  }

  struct Arguments: Sendable {
    var positional: [Expression] = []
    var keywords: [(name: Text, value: Expression)] = []
    /// `*arguments`.
    var list: Expression?
    /// `**arguments`.
    var dictionary: Expression?
  }

  enum Comparison: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
  }

  enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "** or pow()"
  }

  let kind: Kind
  let position: Position
  /// Expressions inside each other, from 1.
  let depth: Int

  init(_ kind: Kind, at position: Position, depth: Int) {
    self.kind = kind
    self.position = position
    self.depth = depth
  }
}

/// A variable's name, with its number in the template.
struct Name: Sendable, Hashable {
  let id: Int
  let text: String

  static func == (left: Self, right: Self) -> Bool { left.id == right.id }
  func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
