extension Builtins {
  static let listMethods: [String: Method<[Value]>] = [
    "copy": { _, items, _ in try .list(items) },
    "count": { interpreter, items, arguments in
      guard let wanted = arguments.positional.first, arguments.positional.count == 1 else {
        throw JinjaError.type(
          "list.count() takes exactly one argument (\(arguments.positional.count) given)")
      }
      return .int(try items.count { try interpreter.areEqual($0, wanted) })
    },
    "index": { interpreter, items, arguments in
      let bound = try Signature("index", ["value", "start", "stop"], required: 1).bind(arguments)
      func place(_ value: Value?, _ absent: Int) throws -> Int {
        let index = try integer(value, default: absent)
        return min(max(index < 0 ? index + items.count : index, 0), items.count)
      }
      let start = try place(bound[1], 0)
      let end = max(start, try place(bound[2], items.count))
      for index in start..<end where try interpreter.areEqual(items[index], bound[0] ?? .none) {
        return .int(index)
      }
      var writer = Writer(interpreter)
      try writer.write(bound[0] ?? .none)
      throw JinjaError.value("\(writer.text.string) is not in list")
    },
  ]

  static let mappingMethods: [String: Method<Mapping>] = [
    "get": { _, mapping, arguments in
      let values = arguments.positional
      guard arguments.keywords.isEmpty else {
        throw JinjaError.type("dict.get() takes no keyword arguments")
      }
      guard let key = values.first, values.count <= 2 else {
        throw JinjaError.type(
          "get expected at \(values.isEmpty ? "least 1 argument" : "most 2 arguments"), "
            + "got \(values.count)")
      }
      return try mapping.value(of: key) ?? (values.count > 1 ? values[1] : .none)
    },
    "keys": { interpreter, mapping, arguments in
      try noArguments("keys", arguments)
      return try .object(interpreter.keep(MappingView(mapping.keys, typeName: "dict_keys")))
    },
    "values": { interpreter, mapping, arguments in
      try noArguments("values", arguments)
      return try .object(interpreter.keep(MappingView(mapping.values, typeName: "dict_values")))
    },
    "items": { interpreter, mapping, arguments in
      try noArguments("items", arguments)
      try interpreter.charge(8 * mapping.keys.count)
      let pairs = try mapping.members.map { try Value.tuple([$0, $1]) }
      return try .object(interpreter.keep(MappingView(pairs, typeName: "dict_items")))
    },
    "copy": { _, mapping, arguments in
      try noArguments("copy", arguments)
      return .dictionary(mapping)
    },
    "fromkeys": { interpreter, _, arguments in
      let bound = try Signature("fromkeys", ["iterable", "value"], required: 1).bind(arguments)
      let keys = try interpreter.elements(bound[0] ?? .none)
      return .dictionary(try Mapping(keys.map { ($0, bound[1] ?? .none) }))
    },
  ]

  private static func noArguments(_ name: String, _ arguments: Arguments) throws {
    guard arguments.positional.isEmpty, arguments.keywords.isEmpty else {
      throw JinjaError.type(
        "dict.\(name)() takes no arguments (\(arguments.positional.count) given)")
    }
  }
}
