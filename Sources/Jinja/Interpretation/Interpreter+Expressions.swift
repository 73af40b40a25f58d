extension Interpreter {
  func evaluate(_ expression: Expression) throws -> Value {
    switch expression.kind {
    case .constant(let constant): return Value(constant)
    case .name(let name): return value(of: name)
    default: break
    }
    try step()
    do {
      return try nested { try compute(expression) }
    } catch var error as JinjaError {
      if error.position == nil { error.position = expression.position }
      throw error
    }
  }

  private func value(of name: Name) -> Value {
    if let value = scope.value(of: name.id) { return value }
    if let global = Builtins.globals[name.text] { return .object(global) }
    return .undefined(Undefined(.name(name.text)))
  }

  private func compute(_ expression: Expression) throws -> Value {
    switch expression.kind {
    case .constant(let constant): return Value(constant)
    case .name(let name), .namespaceAttribute(let name, _): return value(of: name)
    case .list(let items): return try .list(items.map(evaluate))
    case .tuple(let items): return try .tuple(items.map(evaluate))
    case .dictionary(let members):
      let mapping = Mapping()
      for (key, value) in try members.map({ (try evaluate($0.key), try evaluate($0.value)) }) {
        try mapping.set(key, value)
      }
      return .dictionary(mapping)
    case .attribute(let object, let name): return try attribute(evaluate(object), name)
    case .item(let object, let index):
      let object = try evaluate(object)
      if case .slice(let start, let stop, let step) = index.kind {
        return try slice(
          object, start.map(evaluate), stop.map(evaluate), step.map(evaluate))
      }
      return try item(object, evaluate(index))
    case .slice:
      throw JinjaError.type("A slice is only supported as the one index of a value.")
    case .call(let function, let expressions):
      let callee = try evaluate(function)
      return try call(callee, values(of: expressions))
    case .filter: return try apply(expression, to: nil)
    case .test(let subject, let name, let expressions):
      let value = try evaluate(subject)
      return .bool(try test(name, value, values(of: expressions), isWritten: true))
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .comparison(let first, let operands): return .bool(try compare(first, operands))
    case .negative(let operand): return try negative(evaluate(operand))
    case .positive(let operand): return try positive(evaluate(operand))
    case .arithmetic(let operation, let left, let right):
      let left = try evaluate(left)
      return try arithmetic(operation, left, evaluate(right))
    case .concatenation(let parts):
      var text = Text()
      for part in parts {
        let part = try string(evaluate(part))
        try charge(part.count)
        text.scalars += part.scalars
      }
      return .string(text)
    case .condition(let test, let then, let otherwise):
      if try evaluate(test).isTrue { return try evaluate(then) }
      if let otherwise { return try evaluate(otherwise) }
      return .undefined(
        hint: "the inline if-expression on line \(expression.position.line) evaluated to false "
          + "and no else section was defined.")
    }
  }

  private func compare(
    _ first: Expression, _ operands: [(operation: Expression.Comparison, operand: Expression)]
  ) throws -> Bool {
    var left = try evaluate(first)
    for (operation, operand) in operands {
      let right = try evaluate(operand)
      let holds =
        switch operation {
        case .equal: try areEqual(left, right)
        case .notEqual: try !areEqual(left, right)
        case .less: try compare(left, "<", right)
        case .lessOrEqual: try compare(left, "<=", right)
        case .greater: try compare(left, ">", right)
        case .greaterOrEqual: try compare(left, ">=", right)
        case .isIn: try contains(right, left)
        case .isNotIn: try !contains(right, left)
        }
      guard holds else { return false }
      left = right
    }
    return true
  }

  // MARK: - Calls

  func values(of expressions: Expression.Arguments) throws -> Arguments {
    var arguments = Arguments(
      positional: try expressions.positional.map(evaluate),
      keywords: try expressions.keywords.map { ($0.name, try evaluate($0.value)) })
    if let list = expressions.list { arguments.positional += try elements(evaluate(list)) }
    if let dictionary = expressions.dictionary {
      guard case .dictionary(let mapping) = try evaluate(dictionary) else {
        throw JinjaError.type("argument after ** must be a mapping")
      }
      for (key, value) in mapping.members {
        guard case .string(let name) = key else {
          throw JinjaError.type("keywords must be strings")
        }
        arguments.keywords.append((name, value))
      }
    }
    return arguments
  }

  func call(_ callee: Value, _ arguments: Arguments) throws -> Value {
    switch callee {
    case .undefined(let undefined): throw undefined.error
    case .object(let object): return try object.call(arguments, self)
    default: throw JinjaError.type("'\(callee.typeName)' object is not callable")
    }
  }

  /// Applies a chain of filters.
  ///
  /// - Parameter subject: The value of a chain without one, in a filter block.
  func apply(_ expression: Expression, to subject: Value?) throws -> Value {
    guard case .filter(let inner, let name, let expressions) = expression.kind else {
      return try evaluate(expression)
    }
    let value: Value
    if let inner, case .filter = inner.kind {
      value = try nested { try apply(inner, to: subject) }
    } else {
      value = try inner.map(evaluate) ?? subject ?? .none
    }
    do {
      guard let filter = Builtins.filters[name] else {
        throw JinjaError.runtime("No filter named \(Text(name).representation) found.")
      }
      return try filter(self, value, values(of: expressions))
    } catch var error as JinjaError {
      if error.position == nil { error.position = expression.position }
      throw error
    }
  }

  /// - Parameter isWritten: Whether the template names the test itself, not a filter's argument.
  func test(
    _ name: String, _ value: Value, _ arguments: Arguments, isWritten: Bool
  ) throws -> Bool {
    guard let test = Builtins.tests[name] else {
      let end = isWritten ? " found." : "."
      throw JinjaError.runtime("No test named \(Text(name).representation)\(end)")
    }
    return try test(self, value, arguments)
  }
}
