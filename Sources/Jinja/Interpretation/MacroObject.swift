/// A macro, or the body of a call block.
final class MacroObject: Object {
  private let macro: Statement.Macro
  private let scope: Scope

  init(_ macro: Statement.Macro, scope: Scope) {
    self.macro = macro
    self.scope = scope
    super.init("Macro", module: "jinja2.runtime")
  }

  override var isCallable: Bool { true }

  private var quotedName: String { macro.name.map { Text($0.text).representation } ?? "None" }

  override func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    switch name {
    case "name": return macro.name.map { .string($0.text) } ?? Value.none
    case "arguments": return try .tuple(macro.parameters.map { .string($0.text) })
    case "catch_kwargs": return .bool(macro.usesKwargs)
    case "catch_varargs": return .bool(macro.usesVarargs)
    case "caller": return .bool(macro.usesCaller)
    default: return nil
    }
  }

  override func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
    let inner = Scope(parent: scope)
    let parameters = macro.parameters
    var keywords = arguments.keywords
    func take(_ name: String) -> Value? {
      let name = Text(name)
      return keywords.firstIndex { $0.name == name }.map { keywords.remove(at: $0).value }
    }
    var values: [Value?] = arguments.positional.prefix(parameters.count).map { $0 }
    for parameter in parameters.dropFirst(values.count) { values.append(take(parameter.text)) }
    if macro.usesCaller {
      inner.set(
        Name.caller.id,
        take("caller") ?? .undefined(hint: "No caller defined"))
    }
    if macro.usesKwargs {
      let members = keywords.map { (Value.string($0.name), $0.value) }
      inner.set(Name.kwargs.id, .dictionary(try Mapping(members)))
    } else if let first = keywords.first {
      if keywords.contains(where: { $0.name == "caller" }) {
        throw JinjaError.type(
          "macro \(quotedName) was invoked with two values for the special caller argument. "
            + "This is most likely a bug.")
      }
      throw JinjaError.type(
        "macro \(quotedName) takes no keyword argument \(first.name.representation)")
    }
    if macro.usesVarargs {
      inner.set(
        Name.varargs.id, try .tuple(Array(arguments.positional.dropFirst(parameters.count))))
    } else if arguments.positional.count > parameters.count {
      throw JinjaError.type(
        "macro \(quotedName) takes not more than \(parameters.count) argument(s)")
    }
    return try interpreter.nested {
      try interpreter.within(inner) {
        for (place, parameter) in parameters.enumerated() {
          inner.set(parameter.id, try values[place] ?? missing(place, interpreter))
        }
        return .string(try interpreter.capture { try interpreter.run(macro.body) }.text)
      }
    }
  }

  private func missing(_ place: Int, _ interpreter: Interpreter) throws -> Value {
    let start = macro.parameters.count - macro.defaults.count
    guard place >= start else {
      let name = Text(macro.parameters[place].text).representation
      return .undefined(hint: "parameter \(name) was not provided")
    }
    return try interpreter.evaluate(macro.defaults[place - start])
  }

  override func representation(_ writer: inout Writer) throws {
    try writer.write(macro.name == nil ? "<Macro anonymous>" : "<Macro \(quotedName)>")
  }
}
