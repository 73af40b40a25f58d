extension Interpreter {
  /// Returns `object.name`: an attribute, or else an element.
  func attribute(_ object: Value, _ name: Text) throws -> Value {
    if case .undefined(let undefined) = object, !name.isSpecialName { throw undefined.error }
    try step(name.count / 16)
    if let value = try pythonAttribute(object, name) { return value }
    if case .dictionary(let mapping) = object, let value = mapping.value(of: name) { return value }
    return .undefined(Undefined(.member(of: object.description, name: .string(name))))
  }

  /// Returns `object[index]`: an element, or else an attribute.
  func item(_ object: Value, _ index: Value) throws -> Value {
    try step((index.text?.count ?? 0) / 16)
    switch object {
    case .undefined(let undefined): throw undefined.error
    case .dictionary(let mapping):
      // An unhashable key is not in the dictionary.
      if let value = try? mapping.value(of: index) { return value }
    case .list(let elements), .tuple(let elements):
      if let place = index.index.flatMap({ position($0, elements.items.count) }) {
        return elements.items[place]
      }
    case .string(let text):
      if let place = index.index.flatMap({ position($0, text.count) }) {
        return .string(text.with([text.scalars[place]]))
      }
    case .object(let range as NumberRange):
      if let place = index.index.flatMap({ position($0, range.count) }) { return range[place] }
    default: break
    }
    if case .string(let name) = index, let value = try pythonAttribute(object, name) {
      return value
    }
    return .undefined(Undefined(.member(of: object.description, name: index.withoutReason)))
  }

  private func position(_ index: Int, _ count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }

  /// Returns what Python's `getattr` finds, as far as the sandbox shows it.
  private func pythonAttribute(_ object: Value, _ name: Text) throws -> Value? {
    func unsafe() -> Value {
      .undefined(Undefined(.unsafe(attribute: name, of: object.typeName)))
    }
    if name.isSpecialName, Self.specialNames.contains(name.string) { return unsafe() }
    switch object {
    case .string(let text):
      guard let method = Builtins.stringMethods[name.string] else { return nil }
      return .object(bound(name.string) { try method($1, text, $0) })
    case .list(let elements), .tuple(let elements):
      let isList = if case .list = object { true } else { false }
      let name = name.string
      if isList, Self.listMutations.contains(name) { return unsafe() }
      if elements.isGroup, let place = ["grouper", "list"].firstIndex(of: name) {
        return elements.items[place]
      }
      if name == "copy", !isList { return nil }
      guard let method = Builtins.listMethods[name] else { return nil }
      return try .object(keep(bound(name) { try method($1, elements.items, $0) }))
    case .dictionary(let mapping):
      let name = name.string
      if Self.mappingMutations.contains(name) { return unsafe() }
      guard let method = Builtins.mappingMethods[name] else { return nil }
      return try .object(keep(bound(name) { try method($1, mapping, $0) }))
    case .object(let object): return try object.attribute(name.string, self)
    case .int, .bool, .float: return try numberAttribute(object, name.string)
    default: return nil
    }
  }

  private func bound(
    _ name: String, _ body: @escaping (Arguments, Interpreter) throws -> Value
  ) -> Function {
    Function(name, typeName: "builtin_function_or_method", body)
  }

  private func numberAttribute(_ value: Value, _ name: String) throws -> Value? {
    switch (value, name) {
    case (.float(let number), "is_integer"):
      .object(bound(name) { _, _ in .bool(number.isFinite && number == number.rounded()) })
    case (_, "real"): value.index.map(Value.int) ?? value
    case (.float, "imag"): .float(0)
    case (_, "imag"): .int(0)
    default: nil
    }
  }

  private static let listMutations: Set<String> = [
    "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
  ]
  private static let mappingMutations: Set<String> = [
    "clear", "pop", "popitem", "setdefault", "update",
  ]
  /// Attributes that every Python object has.
  private static let specialNames: Set<String> = [
    "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__",
    "__getattribute__", "__getstate__", "__gt__", "__hash__", "__init__", "__init_subclass__",
    "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__",
    "__setattr__", "__sizeof__", "__str__", "__subclasshook__",
  ]

  // MARK: - Slices

  func slice(_ object: Value, _ start: Value?, _ stop: Value?, _ step: Value?) throws -> Value {
    func places(_ count: Int) throws -> [Int] {
      let step = try bound(step) ?? 1
      guard step != 0 else { throw JinjaError.value("slice step cannot be zero") }
      let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
      func place(_ value: Int?, _ absent: Int) -> Int {
        guard let value else { return absent }
        let shifted = value < 0 ? value + count : value
        return min(max(shifted, low), high)
      }
      let first = place(try bound(start), step > 0 ? low : high)
      let end = place(try bound(stop), step > 0 ? high : low)
      try charge(abs(end - first) / max(1, step.magnitude > 1 << 32 ? 1 << 32 : abs(step)))
      // A step beyond the length takes one element.
      let bounded = max(-(count + 1), min(step, count + 1))
      return Array(stride(from: first, to: end, by: bounded))
    }
    switch object {
    case .string(let text):
      return .string(text.with(try places(text.count).map { text.scalars[$0] }))
    case .list(let elements):
      return try .list(places(elements.items.count).map { elements.items[$0] })
    case .tuple(let elements):
      return try .tuple(places(elements.items.count).map { elements.items[$0] })
    case .object(let range as NumberRange):
      let chosen = try places(range.count)
      let step = chosen.count > 1 ? chosen[1] - chosen[0] : 1
      return .object(
        NumberRange(
          start: range.start + (chosen.first ?? 0) * range.step, step: step * range.step,
          count: chosen.count))
    case .undefined(let undefined): throw undefined.error
    case .dictionary: throw JinjaError.type("unhashable type: 'slice'")
    default: throw JinjaError.type("'\(object.typeName)' object is not subscriptable")
    }
  }

  private func bound(_ value: Value?) throws -> Int? {
    guard let value, !value.isNone else { return nil }
    guard let index = value.index else {
      throw JinjaError.type(
        "slice indices must be integers or None or have an __index__ method")
    }
    return index
  }
}

extension Text {
  /// Whether the name has the form `__name__`.
  fileprivate var isSpecialName: Bool {
    count > 4 && scalars.starts(with: ["_", "_"]) && scalars.suffix(2) == ["_", "_"]
  }
}
