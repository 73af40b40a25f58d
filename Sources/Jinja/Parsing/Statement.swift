/// A statement of a template, or text between statements.
struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case data(Text)
    case output([Expression])
    case condition([(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case assign(target: Expression, value: Expression)
    case assignBlock(target: Expression, filter: Expression?, body: [Statement])
    case macro(Macro)
    /// `{% call(…) macro(…) %}`: the body is the macro's `caller`.
    case call(body: Macro, call: Expression)
    case filter(Expression, body: [Statement])
    case with([(target: Expression, value: Expression)], body: [Statement])
    /// `{% block %}` and `{% autoescape %}` in a template without parents: a scope.
    case scope([Statement])
    /// `{% generation %}`: what the assistant writes.
    case generation([Statement])
    /// `{% include %}`, `{% extends %}`, `{% import %}`.
    case load
    case stop
    case next
  }

  struct Loop: Sendable {
    var target: Expression
    var iterable: Expression
    var test: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
  }

  final class Macro: Sendable {
    let name: Name?
    let parameters: [Name]
    /// The defaults of the last parameters.
    let defaults: [Expression]
    let body: [Statement]
    let usesCaller: Bool
    let usesVarargs: Bool
    let usesKwargs: Bool
    /// Whether a parameter is called `caller`.
    let hasCallerParameter: Bool

    init(
      name: Name?, parameters: [Name], defaults: [Expression], body: [Statement],
      used: (caller: Bool, varargs: Bool, kwargs: Bool)
    ) {
      self.name = name
      self.parameters = parameters
      self.defaults = defaults
      self.body = body
      let names = Set(parameters.map(\.text))
      usesCaller = used.caller && !names.contains("caller")
      usesVarargs = used.varargs && !names.contains("varargs")
      usesKwargs = used.kwargs && !names.contains("kwargs")
      hasCallerParameter = names.contains("caller")
    }
  }

  var kind: Kind
  var position: Position
}
