extension Parser {
  /// Reads an expression; a comma makes it a tuple.
  ///
  /// - Parameter ends: Names that end the tuple, beside the end of the tag.
  mutating func tuple(
    isTarget: Bool = false, allowsCondition: Bool = true, ends: [String] = [],
    isParenthesised: Bool = false, allowsNamespace: Bool = false
  ) throws -> Expression {
    let position = current.position
    var items: [Expression] = []
    var isTuple = false
    while true {
      if !items.isEmpty { try expectSymbol(",") }
      if isTupleEnd(ends) { break }
      items.append(
        try isTarget
          ? nested { try $0.primary(allowsNamespace: allowsNamespace) }
          : expression(allowsCondition: allowsCondition))
      guard isSymbol(",") else { break }
      isTuple = true
    }
    if !isTuple {
      if let only = items.first { return only }
      guard isParenthesised else {
        throw failure(
          "Expected an expression, got \(Text(current.description).representation)")
      }
    }
    return try node(.tuple(items), at: position, items)
  }

  private func isTupleEnd(_ ends: [String]) -> Bool {
    switch current.kind {
    case .variableEnd, .blockEnd: true
    case .symbol(")"): true
    case .name(let name): ends.contains(name)
    default: false
    }
  }

  mutating func expression(allowsCondition: Bool = true) throws -> Expression {
    try nested { try $0.conditional(allowsCondition) }
  }

  private mutating func conditional(_ allowsCondition: Bool) throws -> Expression {
    let unknownBefore = unknown.count
    var position = current.position
    var result = try binary(.or)
    guard allowsCondition else { return result }
    while isName("if") {
      advance()
      let test = try binary(.or)
      let otherwise = skipName("else") ? try expression() : nil
      unknown.removeSubrange(unknownBefore...)
      result = try node(
        .condition(test: test, then: result, otherwise: otherwise), at: position,
        [test, result, otherwise])
      position = current.position
    }
    return result
  }

  /// Precedence, loosest first.
  enum Level: Int, Comparable {
    case or, and, not, comparison, sum, concatenation, product, power, unary

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    var next: Self { Self(rawValue: rawValue + 1) ?? .unary }
  }

  private mutating func binary(_ minimum: Level) throws -> Expression {
    let start = current.position
    var left: Expression
    if minimum <= .not, isName("not") {
      advance()
      let operand = try nested { try $0.binary(.not) }
      left = try node(.not(operand), at: start, [operand])
    } else {
      left = try unary()
    }
    while let level = currentLevel, level >= minimum {
      left = try operation(left, level)
    }
    return left
  }

  private var currentLevel: Level? {
    switch current.kind {
    case .name("or"): .or
    case .name("and"): .and
    case .name("in"): .comparison
    case .name("not"): isName("in", following) ? .comparison : nil
    case .symbol(let symbol):
      switch symbol {
      case "==", "!=", "<", "<=", ">", ">=": .comparison
      case "+", "-": .sum
      case "~": .concatenation
      case "*", "/", "//", "%": .product
      case "**": .power
      default: nil
      }
    default: nil
    }
  }

  private mutating func operation(_ left: Expression, _ level: Level) throws -> Expression {
    let position = current.position
    switch level {
    case .or, .and:
      advance()
      let right = try binary(level.next)
      return try node(
        level == .or ? .or(left, right) : .and(left, right), at: position, [left, right])
    case .comparison:
      var operands: [(Expression.Comparison, Expression)] = []
      while let operation = skipComparison() {
        operands.append((operation, try binary(.sum)))
      }
      return try node(
        .comparison(left, operands), at: position, [left] + operands.map { $0.1 })
    case .concatenation:
      var parts = [left]
      while skipSymbol("~") { parts.append(try binary(.product)) }
      return try node(.concatenation(parts), at: position, parts)
    default:
      guard case .symbol(let symbol) = advance().kind else { throw unexpected("operator") }
      let right = try binary(level.next)
      let operation = Expression.Arithmetic(rawValue: symbol) ?? .power
      return try node(.arithmetic(operation, left, right), at: position, [left, right])
    }
  }

  private mutating func skipComparison() -> Expression.Comparison? {
    let comparisons: [String: Expression.Comparison] = [
      "==": .equal, "!=": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater,
      ">=": .greaterOrEqual,
    ]
    if case .symbol(let symbol) = current.kind, let comparison = comparisons[symbol] {
      advance()
      return comparison
    }
    if skipName("in") { return .isIn }
    guard isName("not"), isName("in", following) else { return nil }
    advance()
    advance()
    return .isNotIn
  }

  mutating func unary(allowsFilters: Bool = true) throws -> Expression {
    let position = current.position
    var result: Expression
    if isSymbol("-") || isSymbol("+") {
      let isNegative = isSymbol("-")
      advance()
      let operand = try nested { try $0.unary(allowsFilters: false) }
      result = try node(
        isNegative ? .negative(operand) : .positive(operand), at: position, [operand])
    } else {
      result = try primary()
    }
    result = try postfix(result)
    guard allowsFilters else { return result }
    while true {
      if isSymbol("|") {
        result = try filters(result)
      } else if isName("is") {
        result = try test(result)
      } else if isSymbol("(") {
        result = try call(result)
      } else {
        return result
      }
    }
  }

  mutating func primary(allowsNamespace: Bool = false) throws -> Expression {
    let token = current
    let position = token.position
    switch token.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return try node(.constant(.bool(true)), at: position, [])
      case "false", "False": return try node(.constant(.bool(false)), at: position, [])
      case "none", "None": return try node(.constant(.none), at: position, [])
      default: break
      }
      special.insert(name)
      let variable = Name(id: id(name), text: name)
      guard allowsNamespace, skipSymbol(".") else {
        return try node(.name(variable), at: position, [])
      }
      let attribute = Text(try expectName().name)
      return try node(.namespaceAttribute(variable, attribute), at: position, [])
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text = text + more
        advance()
      }
      return try node(.constant(.string(text)), at: position, [])
    case .integer(let value):
      advance()
      return try node(.constant(.int(value)), at: position, [])
    case .float(let value):
      advance()
      return try node(.constant(.float(value)), at: position, [])
    case .symbol("("):
      advance()
      let inner = try nested { try $0.tuple(isParenthesised: true) }
      try expectSymbol(")")
      return inner
    case .symbol("["): return try list()
    case .symbol("{"): return try dictionary()
    default:
      throw failure("unexpected \(Text(token.description).representation)", at: position)
    }
  }

  private mutating func list() throws -> Expression {
    let position = advance().position
    var items: [Expression] = []
    while !isSymbol("]") {
      if !items.isEmpty { try expectSymbol(",") }
      if isSymbol("]") { break }
      items.append(try expression())
    }
    try expectSymbol("]")
    return try node(.list(items), at: position, items)
  }

  private mutating func dictionary() throws -> Expression {
    let position = advance().position
    var members: [(key: Expression, value: Expression)] = []
    while !isSymbol("}") {
      if !members.isEmpty { try expectSymbol(",") }
      if isSymbol("}") { break }
      let key = try expression()
      try expectSymbol(":")
      members.append((key, try expression()))
    }
    try expectSymbol("}")
    return try node(
      .dictionary(members), at: position, members.flatMap { [$0.key, $0.value] })
  }
}
