extension Parser {
  /// Reads statements and text up to one of the given tags, whose name stays the current token.
  mutating func statements(until ends: [String]?) throws -> [Statement] {
    if let ends { expectedEnds.append(ends) }
    defer { if ends != nil { expectedEnds.removeLast() } }
    var body: [Statement] = []
    while true {
      let token = current
      switch token.kind {
      case .end: return body
      case .data(let text):
        advance()
        body.append(Statement(kind: .data(text), position: token.position))
      case .variableBegin:
        advance()
        let value = try tuple()
        try expect(.variableEnd)
        body.append(Statement(kind: .output([value]), position: token.position))
      default:
        advance()
        if let ends, case .name(let name) = current.kind, ends.contains(name) { return body }
        let position = current.position
        let kind = try nested { try $0.statement() }
        body.append(Statement(kind: kind, position: position))
        try expect(.blockEnd)
      }
    }
  }

  /// Reads the end of a tag, and its body up to one of the given tags.
  mutating func body(
    until ends: [String], isConditional inner: Bool = false, loops innerLoops: Int? = nil
  ) throws -> [Statement] {
    let outer = (isConditional, loops)
    isConditional = inner
    loops = innerLoops ?? loops
    defer { (isConditional, loops) = outer }
    _ = skipSymbol(":")
    try expect(.blockEnd)
    let body = try statements(until: ends)
    if current.kind == .end { throw endFailure(ends) }
    return body
  }

  private mutating func statement() throws -> Statement.Kind {
    guard case .name(let tag) = current.kind else { throw failure("tag name expected") }
    let position = current.position
    openTags.append(tag)
    defer { openTags.removeLast() }
    switch tag {
    case "for": return try loop()
    case "if": return try condition()
    case "set": return try assignment()
    case "macro": return try macro()
    case "call": return try callBlock()
    case "filter":
      advance()
      let filter = try filters(nil, startsInline: true)
      return .filter(filter, body: try bodyToEnd("endfilter"))
    case "with": return try with()
    case "print":
      advance()
      var values: [Expression] = []
      while current.kind != .blockEnd {
        if !values.isEmpty { try expectSymbol(",") }
        values.append(try expression())
      }
      return .output(values)
    case "generation":
      advance()
      hasGeneration = true
      return .generation(try bodyToEnd("endgeneration", loops: 0))
    case "break", "continue":
      advance()
      guard loops > 0 else {
        throw failure(
          tag == "break" ? "'break' outside loop" : "'continue' not properly in loop",
          at: position)
      }
      return tag == "break" ? .stop : .next
    case "block", "autoescape", "include", "extends", "import", "from":
      return try other(tag)
    default:
      openTags.removeLast()
      defer { openTags.append(tag) }
      throw unknownTag(tag, at: position)
    }
  }

  mutating func bodyToEnd(_ end: String, loops: Int? = nil) throws -> [Statement] {
    let body = try body(until: [end], loops: loops)
    advance()
    return body
  }

  private mutating func other(_ tag: String) throws -> Statement.Kind {
    advance()
    switch tag {
    case "block":
      let name = try expectName().name
      _ = skipName("scoped")
      _ = skipName("required")
      let body = try bodyToEnd("endblock")
      _ = skipName(name)
      return .scope(body)
    case "autoescape":
      let value = try expression()
      guard case .constant(.bool(false)) = value.kind else {
        throw failure("Escaping by autoescape is not supported.", at: value.position)
      }
      return .scope(try bodyToEnd("endautoescape"))
    default:
      _ = try expression()
      while current.kind != .blockEnd, current.kind != .end { advance() }
      return .load
    }
  }

  private mutating func condition() throws -> Statement.Kind {
    let outer = isConditional
    isConditional = true
    defer { isConditional = outer }
    var branches: [(test: Expression, body: [Statement])] = []
    repeat {
      advance()
      let test = try tuple(allowsCondition: false)
      branches.append(
        (test, try body(until: ["elif", "else", "endif"], isConditional: true)))
    } while isName("elif")
    var otherwise: [Statement] = []
    if skipName("else") {
      otherwise = try body(until: ["endif"], isConditional: true)
    }
    advance()
    return .condition(branches, otherwise: otherwise)
  }

  private mutating func loop() throws -> Statement.Kind {
    advance()
    let target = try self.target(ends: ["in"])
    try expectName("in")
    let iterable = try tuple(allowsCondition: false, ends: ["recursive"])
    let test = skipName("if") ? try expression() : nil
    let isRecursive = skipName("recursive")
    let inner = try body(until: ["endfor", "else"], loops: loops + 1)
    var otherwise: [Statement] = []
    if skipName("else") {
      otherwise = try body(until: ["endfor"])
    }
    advance()
    return .loop(
      Statement.Loop(
        target: target, iterable: iterable, test: test, isRecursive: isRecursive, body: inner,
        otherwise: otherwise))
  }

  private mutating func assignment() throws -> Statement.Kind {
    advance()
    let target = try self.target(allowsNamespace: true)
    if skipSymbol("=") { return .assign(target: target, value: try tuple()) }
    let filter = isSymbol("|") ? try filters(nil) : nil
    return .assignBlock(target: target, filter: filter, body: try bodyToEnd("endset"))
  }

  private mutating func with() throws -> Statement.Kind {
    advance()
    var bindings: [(target: Expression, value: Expression)] = []
    while current.kind != .blockEnd {
      if !bindings.isEmpty { try expectSymbol(",") }
      let target = try self.target()
      try expectSymbol("=")
      bindings.append((target, try expression()))
    }
    return .with(bindings, body: try bodyToEnd("endwith"))
  }

  // MARK: - Macros

  private mutating func macro() throws -> Statement.Kind {
    advance()
    let name = try variable()
    let (parameters, defaults) = try signature()
    return .macro(try macro(name, parameters, defaults, end: "endmacro"))
  }

  private mutating func callBlock() throws -> Statement.Kind {
    let position = advance().position
    let (parameters, defaults) = isSymbol("(") ? try signature() : ([], [])
    let call = try expression()
    guard case .call = call.kind else { throw failure("expected call", at: position) }
    return .call(body: try macro(nil, parameters, defaults, end: "endcall"), call: call)
  }

  private mutating func macro(
    _ name: Name?, _ parameters: [Name], _ defaults: [Expression], end: String
  ) throws -> Statement.Macro {
    let outer = special
    special = []
    let body = try bodyToEnd(end, loops: 0)
    let used = (
      caller: special.contains("caller"), varargs: special.contains("varargs"),
      kwargs: special.contains("kwargs")
    )
    special.formUnion(outer)
    let callers = parameters.indices.filter { parameters[$0].text == "caller" }
    if used.caller, let first = callers.first, first < parameters.count - defaults.count {
      throw failure(
        "When defining macros or call blocks the special \"caller\" argument must be omitted "
          + "or be given a default.")
    }
    return Statement.Macro(
      name: name, parameters: parameters, defaults: defaults, body: body, used: used)
  }

  private mutating func signature() throws -> ([Name], [Expression]) {
    try expectSymbol("(")
    var parameters: [Name] = []
    var defaults: [Expression] = []
    while !isSymbol(")") {
      if !parameters.isEmpty { try expectSymbol(",") }
      parameters.append(try variable())
      if skipSymbol("=") {
        defaults.append(try expression())
      } else if !defaults.isEmpty {
        throw failure("non-default argument follows default argument")
      }
    }
    try expectSymbol(")")
    return (parameters, defaults)
  }

  // MARK: - Targets

  private mutating func variable() throws -> Name {
    let (name, position) = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw failure("can't assign to 'name'", at: position)
    }
    return Name(id: id(name), text: name)
  }

  private mutating func target(
    ends: [String] = [], allowsNamespace: Bool = false
  ) throws -> Expression {
    let outer = special
    defer { special = outer }
    let target = try tuple(isTarget: true, ends: ends, allowsNamespace: allowsNamespace)
    try checkTarget(target, in: target)
    if ends == ["in"] || loops > 0, target.names.contains(.loop) {
      throw failure(
        "Can't assign to special loop variable in for-loop target", at: target.position)
    }
    return target
  }

  private func checkTarget(_ target: Expression, in whole: Expression) throws {
    switch target.kind {
    case .name, .namespaceAttribute: return
    case .tuple(let items): for item in items { try checkTarget(item, in: whole) }
    default:
      throw failure("can't assign to '\(whole.kind.name)'", at: whole.position)
    }
  }

  // MARK: - Errors

  private func endFailure(_ ends: [String]) -> JinjaError {
    tagFailure("Unexpected end of template.", name: nil, expectedEnds + [ends])
  }

  private func unknownTag(_ name: String, at position: Position) -> JinjaError {
    tagFailure(
      "Encountered unknown tag \(Text(name).representation).", name: name, expectedEnds,
      at: position)
  }

  private func tagFailure(
    _ start: String, name: String?, _ ends: [[String]], at position: Position? = nil
  ) -> JinjaError {
    var message = [start]
    if let last = ends.last {
      let wanted = last.map { Text($0).representation }.joined(separator: " or ")
      if let name, ends.joined().contains(name) {
        message.append(
          "You probably made a nesting mistake. Jinja is expecting this tag, but currently "
            + "looking for \(wanted).")
      } else {
        message.append("Jinja was looking for the following tags: \(wanted).")
      }
    }
    if let tag = openTags.last {
      message.append("The innermost block that needs to be closed is '\(tag)'.")
    }
    return failure(message.joined(separator: " "), at: position)
  }
}

extension Expression {
  /// The names that a target assigns to.
  fileprivate var names: [Name] {
    switch kind {
    case .name(let name): [name]
    case .tuple(let items): items.flatMap(\.names)
    default: []
    }
  }
}

extension Expression.Kind {
  /// The name of the node in Jinja's messages.
  fileprivate var name: String {
    switch self {
    case .constant: "const"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    default: "name"
    }
  }
}
