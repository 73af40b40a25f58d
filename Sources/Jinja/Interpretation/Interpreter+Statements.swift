extension Interpreter {
  enum Flow {
    case normal, stop, next
  }

  @discardableResult
  func run(_ statements: [Statement]) throws -> Flow {
    for statement in statements {
      let flow = try run(statement)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func run(_ statement: Statement) throws -> Flow {
    try step()
    do {
      return try nested { try execute(statement) }
    } catch var error as JinjaError {
      if error.position == nil { error.position = statement.position }
      throw error
    }
  }

  private func execute(_ statement: Statement) throws -> Flow {
    switch statement.kind {
    case .data(let text): try write(text)
    case .output(let values):
      for value in values { try write(string(evaluate(value))) }
    case .condition(let branches, let otherwise):
      for (test, body) in branches where try evaluate(test).isTrue { return try run(body) }
      return try run(otherwise)
    case .loop(let loop): try run(loop)
    case .assign(let target, let value):
      try checkNamespaces(target)
      try assign(target, evaluate(value))
    case .assignBlock(let target, let filter, let body):
      let (text, flow) = try within(Scope(parent: scope)) { try capture { try run(body) } }
      guard flow == .normal else { return flow }
      try assign(target, filter.map { try apply($0, to: .string(text)) } ?? .string(text))
    case .macro(let macro):
      if let name = macro.name {
        let object = MacroObject(macro, scope: scope)
        keep(scope)
        scope.set(name.id, .object(object))
      }
    case .call(let body, let call): return try run(call, caller: body)
    case .filter(let filter, let body):
      let (text, flow) = try within(Scope(parent: scope)) { try capture { try run(body) } }
      guard flow == .normal else { return flow }
      guard case .string(let result) = try apply(filter, to: .string(text)) else {
        throw JinjaError.type("The filter of a filter block must make a text.")
      }
      try write(result)
    case .with(let bindings, let body):
      let inner = Scope(parent: scope)
      for (target, value) in bindings {
        let value = try evaluate(value)
        try within(inner) { try assign(target, value) }
      }
      return try within(inner) { try run(body) }
    case .scope(let body): return try within(Scope(parent: scope)) { try run(body) }
    case .generation(let body):
      let text = try within(Scope(parent: scope)) { try capture { try run(body) } }.text
      generations.append(written..<(written + text.count))
      try write(text)
    case .load: throw JinjaError.type("no loader for this environment specified")
    case .stop: return .stop
    case .next: return .next
    }
    return .normal
  }

  private func run(_ call: Expression, caller: Statement.Macro) throws -> Flow {
    guard case .call(let function, let expressions) = call.kind else { return .normal }
    let macro = Value.object(MacroObject(caller, scope: scope))
    keep(scope)
    let callee = try evaluate(function)
    var arguments = try values(of: expressions)
    arguments.keywords.append(("caller", macro))
    do {
      try write(string(self.call(callee, arguments)))
    } catch var error as JinjaError {
      if error.position == nil { error.position = call.position }
      throw error
    }
    return .normal
  }

  // MARK: - Assignment

  func assign(_ target: Expression, _ value: Value) throws {
    switch target.kind {
    case .name(let name): scope.set(name.id, value)
    case .namespaceAttribute(let name, let attribute):
      try namespace(name, at: target.position).set(.string(attribute), value)
    case .tuple(let targets):
      let values = try unpacked(value, count: targets.count)
      for (target, value) in zip(targets, values) { try assign(target, value) }
    default: break
    }
  }

  private func namespace(_ name: Name, at position: Position) throws -> Namespace {
    guard case .object(let object) = scope.value(of: name.id) ?? .none,
      let namespace = object as? Namespace
    else {
      throw JinjaError(
        .python("TemplateRuntimeError"), "cannot assign attribute on non-namespace object",
        at: position)
    }
    return namespace
  }

  /// Throws if a target sets an attribute of something else than a namespace.
  private func checkNamespaces(_ target: Expression) throws {
    switch target.kind {
    case .namespaceAttribute(let name, _): _ = try namespace(name, at: target.position)
    case .tuple(let targets): for target in targets { try checkNamespaces(target) }
    default: break
    }
  }

  func unpacked(_ value: Value, count: Int) throws -> [Value] {
    let iterator: Iterator
    do {
      iterator = try self.iterator(value)
    } catch let error as JinjaError where error.kind == .python("TypeError") {
      throw JinjaError.type("cannot unpack non-iterable \(value.typeName) object")
    }
    var values: [Value] = []
    while values.count < count, let value = try iterator.next() { values.append(value) }
    guard values.count == count else {
      throw JinjaError.value(
        "not enough values to unpack (expected \(count), got \(values.count))")
    }
    if try iterator.next() != nil {
      throw JinjaError.value("too many values to unpack (expected \(count))")
    }
    return values
  }

  // MARK: - Loops

  private func run(_ loop: Statement.Loop) throws {
    let iterable = try evaluate(loop.iterable)
    guard loop.isRecursive else { return try run(loop, over: iterable, depth: 0) }
    let text = try capture { try run(loop, over: iterable, depth: 0) }.text
    try write(text)
  }

  /// Runs a loop over a value.
  ///
  /// - Parameter depth: The number of loops that called this one, for a recursive loop.
  private func run(_ loop: Statement.Loop, over iterable: Value, depth: Int) throws {
    let outer = scope
    var elements = try iterator(iterable)
    var length: Int?
    if let test = loop.test {
      let source = elements
      elements = Iterator { [unowned self] in
        while let element = try source.next() {
          try step()
          let inner = Scope(parent: outer)
          let isChosen = try within(inner) {
            try assign(loop.target, element)
            return try evaluate(test).isTrue
          }
          if isChosen { return element }
        }
        return nil
      }
    } else {
      length = try self.length(iterable)
    }
    let context = try keep(LoopContext(elements, length: length, depth: depth))
    if loop.isRecursive {
      context.recurse = { [unowned self] iterable in
        try nested {
          try within(outer) {
            try capture { try run(loop, over: iterable, depth: depth + 1) }.text
          }
        }
      }
    }
    // As in Jinja, `break` and `continue` before the end of the body do not count as an iteration.
    var hasIterated = false
    while let element = try context.advance() {
      try step()
      let inner = Scope(parent: outer)
      let flow = try within(inner) {
        try assign(loop.target, element)
        inner.set(Name.loop.id, .object(context))
        return try run(loop.body)
      }
      if flow == .stop { break }
      if flow == .normal { hasIterated = true }
    }
    if !hasIterated, !loop.otherwise.isEmpty {
      try within(Scope(parent: outer)) { _ = try run(loop.otherwise) }
    }
  }
}
