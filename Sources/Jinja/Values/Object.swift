/// A value with an identity: a function, a namespace, a loop, an iterator.
class Object {
  let typeName: String
  /// The module of a type that is not built into Python.
  let module: String?

  init(_ typeName: String, module: String? = nil) {
    self.typeName = typeName
    self.module = module
  }

  var isTrue: Bool { true }
  var isHashable: Bool { true }
  var isCallable: Bool { false }
  /// The number of elements, or nil for an object without.
  func length() throws -> Int? { nil }
  /// Starts an iteration, or returns nil if the object has no elements.
  func iterator() throws -> Iterator? { nil }
  /// Returns an attribute that templates may read.
  func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? { nil }
  func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
    throw JinjaError.type("'\(typeName)' object is not callable")
  }
  func representation(_ writer: inout Writer) throws {
    try writer.write("<\((module.map { $0 + "." } ?? "") + typeName) object>")
  }
  /// Drops what the object refers to, so that no cycle stays and no long chain is freed at once.
  func clear() {}
}

/// The values of a call.
struct Arguments {
  var positional: [Value] = []
  var keywords: [(name: Text, value: Value)] = []
}

/// A function or a bound method.
final class Function: Object {
  let name: String
  private var body: (Arguments, Interpreter) throws -> Value

  init(
    _ name: String, typeName: String = "function",
    _ body: @escaping (Arguments, Interpreter) throws -> Value
  ) {
    self.name = name
    self.body = body
    super.init(typeName)
  }

  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
    try body(arguments, interpreter)
  }

  override func representation(_ writer: inout Writer) throws {
    try writer.write("<\(typeName) \(name)>")
  }

  override func clear() { body = { _, _ in .none } }
}

/// Elements one after the other: Python's generators and iterators, which are read once.
final class Iterator: Object {
  private var advance: () throws -> Value?

  init(_ typeName: String = "generator", _ advance: @escaping () throws -> Value?) {
    self.advance = advance
    super.init(typeName)
  }

  convenience init(_ items: [Value], typeName: String = "list_iterator") {
    var rest = items[...]
    self.init(typeName) { rest.popFirst() }
  }

  func next() throws -> Value? { try advance() }
  override func iterator() throws -> Iterator? { self }
  override func clear() { advance = { nil } }

  override func representation(_ writer: inout Writer) throws {
    try writer.write("<\(typeName) object>")
  }
}

/// Python's `range`.
final class NumberRange: Object {
  let start: Int
  let step: Int
  let count: Int

  init(start: Int, step: Int, count: Int) {
    self.start = start
    self.step = step
    self.count = count
    super.init("range")
  }

  override var isTrue: Bool { count > 0 }
  override func length() throws -> Int? { count }
  subscript(place: Int) -> Value { .int(start + place * step) }

  override func iterator() throws -> Iterator? {
    var place = 0
    return Iterator("range_iterator") { [self] in
      guard place < count else { return nil }
      defer { place += 1 }
      return self[place]
    }
  }

  override func representation(_ writer: inout Writer) throws {
    let end = step == 1 ? "" : ", \(step)"
    // A slice may end beyond the largest number.
    try writer.write("range(\(start), \(start &+ count &* step)\(end))")
  }
}

/// `dict.keys()`, `dict.values()` and `dict.items()`.
final class MappingView: Object {
  private(set) var items: [Value]

  init(_ items: [Value], typeName: String) {
    self.items = items
    super.init(typeName)
  }

  override var isTrue: Bool { !items.isEmpty }
  override var isHashable: Bool { typeName == "dict_values" }
  override func length() throws -> Int? { items.count }
  override func iterator() throws -> Iterator? { Iterator(items, typeName: "dict_iterator") }

  override func representation(_ writer: inout Writer) throws {
    try writer.write(typeName + "(")
    try writer.write(.list(Elements(items)))
    try writer.write(")")
  }

  override func clear() { items = [] }
}

/// `namespace()`: attributes that an inner scope can set.
final class Namespace: Object {
  let attributes = Mapping()

  init() {
    super.init("TemplateNamespace", module: "transformers.utils.chat_template_utils")
  }

  func set(_ name: Value, _ value: Value) throws {
    if case .string(let text) = name, text.scalars.first == "_" {
      throw JinjaError(
        .security,
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got "
          + "\(text.representation). Please rename the attribute.")
    }
    try attributes.set(name, value)
  }

  override func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    attributes.value(of: Text(name))
  }

  override func representation(_ writer: inout Writer) throws {
    try writer.write("<Namespace ")
    try writer.write(.dictionary(attributes))
    try writer.write(">")
  }

  override func clear() { attributes.clear() }
}
