extension Builtins {
  static let selectionFilters: [String: Filter] = [
    "select": { try select($0, $1, $2, keeps: true, byAttribute: false) },
    "reject": { try select($0, $1, $2, keeps: false, byAttribute: false) },
    "selectattr": { try select($0, $1, $2, keeps: true, byAttribute: true) },
    "rejectattr": { try select($0, $1, $2, keeps: false, byAttribute: true) },
    "map": map,
    "default": fallback, "d": fallback,
    "attr": { interpreter, value, arguments in
      let name = try bind("do_attr", ["name"], required: 1, value, arguments)[0] ?? .none
      guard case .string(let text) = name else {
        throw JinjaError.type("attribute name must be string, not '\(name.typeName)'")
      }
      // Only attributes: an element of a dictionary is none.
      if case .dictionary(let mapping) = value, mapping.value(of: text) != nil,
        mappingMethods[text.string] == nil
      {
        return .undefined(Undefined(.member(of: value.description, name: name)))
      }
      return try interpreter.attribute(value, text)
    },
  ]

  private static let fallback: Filter = { interpreter, value, arguments in
    let bound = try bind("do_default", ["default_value", "boolean"], value, arguments)
    let isMissing = value.isUndefined || (bound[1]?.isTrue ?? false) && !value.isTrue
    return isMissing ? bound[0] ?? .string("") : value
  }

  private static let map: Filter = { interpreter, value, arguments in
    let elements = Lazily(interpreter) { try interpreter.iterator(value) }
    var transform: ((Value) throws -> Value)?
    return try .object(
      interpreter.keep(
        Iterator {
          guard value.isTrue else { return nil }
          let change = try transform ?? mapping(arguments, interpreter)
          transform = change
          return try elements.next().map { try interpreter.counted(change)($0) }
        }))
  }

  private static func mapping(
    _ arguments: Arguments, _ interpreter: Interpreter
  ) throws -> (Value) throws -> Value {
    var keywords = arguments.keywords
    if arguments.positional.isEmpty,
      let place = keywords.firstIndex(where: { $0.name == "attribute" })
    {
      let attribute = keywords.remove(at: place).value
      let absent = keywords.firstIndex { $0.name == "default" }
        .map { keywords.remove(at: $0).value }
      if let other = keywords.first {
        throw JinjaError.argument("Unexpected keyword argument \(other.name.representation)")
      }
      return { try interpreter.path($0, attribute, default: absent) }
    }
    guard let name = arguments.positional.first else {
      throw JinjaError.argument("map requires a filter argument")
    }
    let filter = name.text.flatMap { filters[$0.string] }
    let rest = Arguments(
      positional: Array(arguments.positional.dropFirst()), keywords: arguments.keywords)
    return {
      guard let filter else { throw JinjaError.runtime(unknown("filter", name)) }
      return try filter(interpreter, $0, rest)
    }
  }

  private static func unknown(_ kind: String, _ name: Value) -> String {
    guard case .undefined(let undefined) = name else {
      return "No \(kind) named \(name.shortRepresentation)."
    }
    return "No \(kind) named Undefined. (\(undefined.error.message); did you forget to quote the "
      + "callable name?)"
  }

  private static func select(
    _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments, keeps: Bool,
    byAttribute: Bool
  ) throws -> Value {
    let elements = Lazily(interpreter) { try interpreter.iterator(value) }
    var condition: ((Value) throws -> Bool)?
    return try .object(
      interpreter.keep(
        Iterator {
          guard value.isTrue else { return nil }
          let chooses =
            try condition ?? selection(arguments, interpreter, byAttribute: byAttribute)
          condition = chooses
          while let item = try elements.next() {
            try interpreter.step()
            if try chooses(item) == keeps { return item }
          }
          return nil
        }))
  }

  private static func selection(
    _ arguments: Arguments, _ interpreter: Interpreter, byAttribute: Bool
  ) throws -> (Value) throws -> Bool {
    var positional = arguments.positional[...]
    var attribute: Value = .none
    if byAttribute {
      guard let first = positional.popFirst() else {
        throw JinjaError.argument("Missing parameter for attribute name")
      }
      attribute = first
    }
    guard let name = positional.popFirst() else {
      return { try interpreter.path($0, attribute).isTrue }
    }
    let test = name.text.flatMap { tests[$0.string] }
    let rest = Arguments(positional: Array(positional), keywords: arguments.keywords)
    return {
      let value = try interpreter.path($0, attribute)
      guard let test else { throw JinjaError.runtime(unknown("test", name)) }
      return try test(interpreter, value, rest)
    }
  }
}

extension Interpreter {
  fileprivate func counted(
    _ change: @escaping (Value) throws -> Value
  ) -> (Value) throws -> Value {
    { value in
      try self.step()
      return try change(value)
    }
  }
}
