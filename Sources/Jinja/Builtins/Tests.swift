extension Builtins {
  static let tests: [String: Test] = {
    var tests: [String: Test] = [
      "odd": { try remainder($0, $1, 2, "odd", $2) == 1 },
      "even": { try remainder($0, $1, 2, "even", $2) == 0 },
      "divisibleby": { interpreter, value, arguments in
        let number = try bind("test_divisibleby", ["num"], required: 1, value, arguments)[0]
        let rest = try interpreter.arithmetic(.modulo, value, number ?? .none)
        return try interpreter.areEqual(rest, .int(0))
      },
      "defined": { _, value, arguments in
        _ = try bind("test_defined", [], value, arguments)
        return !value.isUndefined
      },
      "undefined": { _, value, _ in value.isUndefined },
      "filter": { _, value, _ in
        _ = try Key(value)
        return value.text.map { filters[$0.string] != nil } ?? false
      },
      "test": { _, value, _ in
        _ = try Key(value)
        return value.text.map { isTest($0.string) } ?? false
      },
      "none": { _, value, _ in value.isNone },
      "boolean": { _, value, _ in if case .bool = value { true } else { false } },
      "true": { _, value, _ in if case .bool(true) = value { true } else { false } },
      "false": { _, value, _ in if case .bool(false) = value { true } else { false } },
      "integer": { _, value, _ in if case .int = value { true } else { false } },
      "float": { _, value, _ in if case .float = value { true } else { false } },
      "number": { _, value, _ in value.number != nil },
      "lower": { interpreter, value, _ in try interpreter.string(value).isLower },
      "upper": { interpreter, value, _ in try interpreter.string(value).isUpper },
      "string": { _, value, _ in value.text != nil },
      "mapping": { _, value, _ in if case .dictionary = value { true } else { false } },
      "sequence": { _, value, _ in
        switch value {
        case .string, .list, .tuple, .dictionary, .undefined: true
        case .object(let object): object is NumberRange
        default: false
        }
      },
      "iterable": { interpreter, value, _ in (try? interpreter.iterator(value)) != nil },
      "callable": { _, value, arguments in
        guard arguments.positional.isEmpty else {
          throw JinjaError.type(
            "callable() takes exactly one argument (\(arguments.positional.count + 1) given)")
        }
        switch value {
        case .object(let object): return object.isCallable
        case .undefined: return true
        default: return false
        }
      },
      "sameas": { interpreter, value, arguments in
        let other = try bind("test_sameas", ["other"], required: 1, value, arguments)[0] ?? .none
        return try interpreter.areSame(value, other)
      },
      "escaped": { _, value, _ in value.text?.isMarkup ?? false },
      "in": { interpreter, value, arguments in
        let container = try bind("test_in", ["seq"], required: 1, value, arguments)[0] ?? .none
        return try interpreter.contains(container, value)
      },
    ]
    for name in [
      "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string",
      "mapping", "sequence", "iterable", "escaped", "lower", "upper",
    ] {
      guard let test = tests[name] else { continue }
      tests[name] = { interpreter, value, arguments in
        _ = try bind("test_\(name)", [], value, arguments)
        return try test(interpreter, value, arguments)
      }
    }
    let comparisons: [([String], String)] = [
      (["==", "eq", "equalto"], "=="), (["!=", "ne"], "!="), ([">", "gt", "greaterthan"], ">"),
      ([">=", "ge"], ">="), (["<", "lt", "lessthan"], "<"), (["<=", "le"], "<="),
    ]
    let pythonNames = ["==": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le"]
    for (names, operation) in comparisons {
      let python = pythonNames[operation] ?? ""
      for name in names {
        tests[name] = { interpreter, value, arguments in
          guard arguments.positional.count == 1 else {
            throw JinjaError.type(
              "\(python) expected 2 arguments, got \(arguments.positional.count + 1)")
          }
          let other = arguments.positional[0]
          switch operation {
          case "==": return try interpreter.areEqual(value, other)
          case "!=": return try !interpreter.areEqual(value, other)
          default: return try interpreter.compare(value, operation, other)
          }
        }
      }
    }
    return tests
  }()

  private static func remainder(
    _ interpreter: Interpreter, _ value: Value, _ divisor: Int, _ name: String,
    _ arguments: Arguments
  ) throws -> Int {
    _ = try bind("test_\(name)", [], value, arguments)
    let rest = try interpreter.arithmetic(.modulo, value, .int(divisor))
    if let whole = rest.index { return whole }
    if case .float(let number) = rest { return number == 0 ? 0 : number == 1 ? 1 : -1 }
    return -1
  }
}

extension Interpreter {
  /// Python's `is`, as far as values without identity allow.
  func areSame(_ left: Value, _ right: Value) throws -> Bool {
    switch (left, right) {
    case (.object(let left), .object(let right)): left === right
    case (.bool, .bool), (.int, .int), (.none, .none), (.string, .string), (.list, .list),
      (.tuple, .tuple), (.dictionary, .dictionary), (.float, .float):
      try areEqual(left, right)
    default: false
    }
  }

  /// Python's `len`.
  func length(_ value: Value) throws -> Int? {
    switch value {
    case .undefined: 0
    case .string(let text): text.count
    case .list(let elements), .tuple(let elements): elements.items.count
    case .dictionary(let mapping): mapping.keys.count
    case .object(let object): try object.length()
    default: nil
    }
  }
}

extension Builtins {
  fileprivate static func isTest(_ name: String) -> Bool { tests[name] != nil }
}
