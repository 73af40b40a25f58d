extension Builtins {
  nonisolated(unsafe) static let globals: [String: Object] = [
    "range": Function("range", typeName: "function", makeRange),
    "namespace": Function("namespace", typeName: "type") { arguments, interpreter in
      let namespace = try interpreter.keep(Namespace())
      let mapping = try makeMapping(arguments, interpreter)
      for (name, value) in mapping.members { try namespace.set(name, value) }
      return .object(namespace)
    },
    "dict": Function("TemplateDict", typeName: "TemplateDict") { arguments, interpreter in
      .dictionary(try makeMapping(arguments, interpreter))
    },
    "cycler": Function("cycler", typeName: "type") { arguments, interpreter in
      if let first = arguments.keywords.first {
        throw JinjaError.type(
          "Cycler.__init__() got an unexpected keyword argument \(first.name.representation)")
      }
      guard !arguments.positional.isEmpty else {
        throw JinjaError(.python("RuntimeError"), "at least one item has to be provided")
      }
      return try .object(interpreter.keep(Cycler(arguments.positional)))
    },
    "joiner": Function("joiner", typeName: "type") { arguments, interpreter in
      let separator = try Signature("Joiner.__init__", ["sep"], required: 0).bind(arguments)[0]
      return try .object(interpreter.keep(Joiner(separator ?? .string(", "))))
    },
    "raise_exception": Function("raise_exception") { arguments, interpreter in
      let message = try Signature("raise_exception", ["message"]).bind(arguments)[0] ?? .none
      // Jinja shows no text for a message that is missing.
      throw JinjaError(.raised, try interpreter.string(message).string)
    },
    "strftime_now": Function("strftime_now") { arguments, interpreter in
      let format = try Signature("strftime_now", ["format"]).bind(arguments)[0] ?? .none
      guard case .string(let text) = format else {
        throw JinjaError.type("strftime() argument 1 must be str, not \(format.typeName)")
      }
      return .string(try interpreter.formattedNow(text))
    },
  ]

  private static func makeRange(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value
  {
    guard arguments.keywords.isEmpty else {
      throw JinjaError.type(
        "safe_range() got an unexpected keyword argument "
          + arguments.keywords[0].name.representation)
    }
    let numbers = try arguments.positional.map { try integer($0, default: 0) }
    guard (1...3).contains(numbers.count) else {
      throw JinjaError.type(
        numbers.isEmpty
          ? "range expected at least 1 argument, got 0"
          : "range expected at most 3 arguments, got \(numbers.count)")
    }
    let (start, stop) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0 else { throw JinjaError.value("range() arg 3 must not be zero") }
    let isEmpty = step > 0 ? start >= stop : start <= stop
    let distance = isEmpty ? 0 : start.magnitudeOfDifference(to: stop)
    let count = isEmpty ? 0 : (distance - 1) / step.magnitude + 1
    guard count <= UInt(Limits.range) else {
      throw JinjaError(
        .python("OverflowError"),
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(Limits.range)).")
    }
    let span = Int(count).multipliedReportingOverflow(by: step)
    guard !span.overflow, !start.addingReportingOverflow(span.partialValue).overflow else {
      throw Interpreter.overflow
    }
    return .object(NumberRange(start: start, step: step, count: Int(count)))
  }

  /// Python's `dict(mapping_or_pairs, **members)`.
  static func makeMapping(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Mapping {
    guard arguments.positional.count <= 1 else {
      throw JinjaError.type("dict expected at most 1 argument, got \(arguments.positional.count)")
    }
    let mapping = Mapping()
    switch arguments.positional.first {
    case .undefined(let undefined)?: throw undefined.error
    case .dictionary(let other)?:
      for (key, value) in other.members { try mapping.set(key, value) }
    case let pairs?:
      for (place, pair) in try interpreter.elements(pairs).enumerated() {
        guard let members = try? interpreter.elements(pair) else {
          throw JinjaError.type(
            "cannot convert dictionary update sequence element #\(place) to a sequence")
        }
        guard members.count == 2 else {
          throw JinjaError.value(
            "dictionary update sequence element #\(place) has length \(members.count); "
              + "2 is required")
        }
        try mapping.set(members[0], members[1])
      }
    case nil: break
    }
    for (name, value) in arguments.keywords { try mapping.set(.string(name), value) }
    return mapping
  }
}

extension Int {
  fileprivate func magnitudeOfDifference(to other: Int) -> UInt {
    self < other ? UInt(bitPattern: other &- self) : UInt(bitPattern: self &- other)
  }
}

/// `cycler(…)`: its items in turn.
final class Cycler: Object {
  private var items: [Value]
  private var place = 0

  init(_ items: [Value]) {
    self.items = items
    super.init("Cycler", module: "jinja2.utils")
  }

  override func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    switch name {
    case "current": return items[place]
    case "items": return try .tuple(items)
    case "pos": return .int(place)
    case "next":
      return .object(
        Function(name, typeName: "method") { [unowned self] _, _ in
          defer { place = (place + 1) % items.count }
          return items[place]
        })
    case "reset":
      return .object(
        Function(name, typeName: "method") { [unowned self] _, _ in
          place = 0
          return .none
        })
    default: return nil
    }
  }

  override func clear() { items = [] }
}

/// `joiner(…)`: nothing at first, then the separator.
final class Joiner: Object {
  private var separator: Value
  private var isUsed = false

  init(_ separator: Value) {
    self.separator = separator
    super.init("Joiner", module: "jinja2.utils")
  }

  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
    defer { isUsed = true }
    return isUsed ? separator : .string("")
  }

  override func clear() { separator = .none }
}
