extension Parser {
  mutating func postfix(_ start: Expression) throws -> Expression {
    var result = start
    while true {
      if isSymbol(".") || isSymbol("[") {
        result = try subscripted(result)
      } else if isSymbol("(") {
        result = try call(result)
      } else {
        return result
      }
    }
  }

  private mutating func subscripted(_ object: Expression) throws -> Expression {
    let position = current.position
    if skipSymbol(".") {
      let token = advance()
      switch token.kind {
      case .name(let name):
        return try node(.attribute(object, Text(name)), at: position, [object])
      case .integer(let value):
        let index = try node(.constant(.int(value)), at: token.position, [])
        return try node(.item(object, index), at: position, [object, index])
      default: throw failure("expected name or number", at: token.position)
      }
    }
    try expectSymbol("[")
    var items: [Expression] = []
    while !isSymbol("]") {
      if !items.isEmpty { try expectSymbol(",") }
      items.append(try subscriptItem())
    }
    try expectSymbol("]")
    let index =
      items.count == 1 ? items[0] : try node(.tuple(items), at: position, items)
    return try node(.item(object, index), at: position, [object, index])
  }

  private mutating func subscriptItem() throws -> Expression {
    let position = current.position
    var start: Expression?
    if !isSymbol(":") {
      let first = try expression()
      guard isSymbol(":") else { return first }
      start = first
    }
    advance()
    func isEnd(_ parser: Self) -> Bool { parser.isSymbol("]") || parser.isSymbol(",") }
    let stop = isSymbol(":") || isEnd(self) ? nil : try expression()
    var step: Expression?
    if skipSymbol(":"), !isEnd(self) { step = try expression() }
    return try node(
      .slice(start: start, stop: stop, step: step), at: position, [start, stop, step])
  }

  mutating func call(_ function: Expression) throws -> Expression {
    let position = current.position
    let arguments = try arguments()
    return try node(.call(function, arguments), at: position, [function] + arguments.all)
  }

  mutating func arguments() throws -> Expression.Arguments {
    let position = current.position
    try expectSymbol("(")
    var arguments = Expression.Arguments()
    func ensure(_ condition: Bool) throws {
      if !condition {
        throw failure("invalid syntax for function call expression", at: position)
      }
    }
    var needsComma = false
    while !isSymbol(")") {
      if needsComma {
        try expectSymbol(",")
        if isSymbol(")") { break }
      }
      if skipSymbol("*") {
        try ensure(arguments.list == nil && arguments.dictionary == nil)
        arguments.list = try expression()
      } else if skipSymbol("**") {
        try ensure(arguments.dictionary == nil)
        arguments.dictionary = try expression()
      } else if case .name(let name) = current.kind, isSymbol("=", following) {
        try ensure(arguments.dictionary == nil)
        advance()
        advance()
        arguments.keywords.append((Text(name), try expression()))
      } else {
        try ensure(
          arguments.list == nil && arguments.dictionary == nil && arguments.keywords.isEmpty)
        arguments.positional.append(try expression())
      }
      needsComma = true
    }
    try expectSymbol(")")
    return arguments
  }

  /// Reads `|filter` once or more.
  mutating func filters(_ subject: Expression?, startsInline: Bool = false) throws -> Expression {
    var result = subject
    var isInline = startsInline
    repeat {
      if !isInline { try expectSymbol("|") }
      isInline = false
      let (name, position) = try dottedName()
      let arguments = isSymbol("(") ? try self.arguments() : Expression.Arguments()
      noteUnknown("filter", name, Builtins.filters[name] == nil, at: position)
      result = try node(
        .filter(result, name, arguments), at: position, [result] + arguments.all)
    } while isSymbol("|")
    guard let result else { throw unexpected("name") }
    return result
  }

  private mutating func dottedName() throws -> (String, Position) {
    var (name, position) = try expectName()
    while skipSymbol(".") { name += "." + (try expectName().name) }
    return (name, position)
  }

  mutating func test(_ subject: Expression) throws -> Expression {
    advance()
    let isNegated = skipName("not")
    let (name, position) = try dottedName()
    var arguments = Expression.Arguments()
    if isSymbol("(") {
      arguments = try self.arguments()
    } else if startsOperand {
      if isName("is") { throw failure("You cannot chain multiple tests with is") }
      let operand = try nested { try $0.primary() }
      arguments.positional = [try postfix(operand)]
    }
    noteUnknown("test", name, Builtins.tests[name] == nil, at: position)
    let test = try node(.test(subject, name, arguments), at: position, [subject] + arguments.all)
    return isNegated ? try node(.not(test), at: position, [test]) : test
  }

  private var startsOperand: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .float: true
    case .symbol(let symbol): ["[", "{"].contains(symbol)
    default: false
    }
  }

  private mutating func noteUnknown(
    _ kind: String, _ name: String, _ isUnknown: Bool, at position: Position
  ) {
    if isUnknown, !isConditional { unknown.append((kind, name, position)) }
  }
}

extension Expression.Arguments {
  var all: [Expression?] { positional + keywords.map(\.value) + [list, dictionary] }
}
