/// The variable `loop`.
final class LoopContext: Object {
  private var elements: Iterator
  private var knownLength: Int?
  private let depth: Int
  private var index = -1
  private var current: Value?
  private var previous: Value?
  /// An element that was read before its turn.
  private var ahead: Value?
  private var lastChanged: [Value]?
  /// Renders the loop for the elements of a value.
  var recurse: ((Value) throws -> Text)?

  init(_ elements: Iterator, length: Int?, depth: Int) {
    self.elements = elements
    knownLength = length
    self.depth = depth
    super.init("LoopContext", module: "jinja2.runtime")
  }

  func advance() throws -> Value? {
    guard let element = try ahead ?? elements.next() else { return nil }
    ahead = nil
    index += 1
    previous = current
    current = element
    return element
  }

  private func peek() throws -> Value? {
    if ahead == nil { ahead = try elements.next() }
    return ahead
  }

  private func length(_ interpreter: Interpreter) throws -> Int {
    if let knownLength { return knownLength }
    let rest = try interpreter.elements(.object(elements))
    elements = Iterator(rest)
    let length = rest.count + index + 1 + (ahead == nil ? 0 : 1)
    knownLength = length
    return length
  }

  override func attribute(_ name: String, _ interpreter: Interpreter) throws -> Value? {
    switch name {
    case "index": return .int(index + 1)
    case "index0": return .int(index)
    case "revindex": return .int(try length(interpreter) - index)
    case "revindex0": return .int(try length(interpreter) - index - 1)
    case "length": return .int(try length(interpreter))
    case "first": return .bool(index == 0)
    case "last": return .bool(try peek() == nil)
    case "depth": return .int(depth + 1)
    case "depth0": return .int(depth)
    case "previtem":
      return (index == 0 ? nil : previous) ?? .undefined(hint: "there is no previous item")
    case "nextitem": return try peek() ?? .undefined(hint: "there is no next item")
    case "cycle":
      return .object(
        Function("cycle", typeName: "method") { [unowned self] arguments, _ in
          guard !arguments.positional.isEmpty else {
            throw JinjaError.type("no items for cycling given")
          }
          return arguments.positional[index % arguments.positional.count]
        })
    case "changed":
      return .object(
        Function("changed", typeName: "method") { [unowned self] arguments, interpreter in
          let values = arguments.positional
          if let lastChanged,
            try interpreter.areEqual(.tuple(lastChanged), .tuple(values))
          {
            return .bool(false)
          }
          lastChanged = values
          return .bool(true)
        })
    default: return nil
    }
  }

  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, _ interpreter: Interpreter) throws -> Value {
    let iterable = try Signature("LoopContext.__call__", ["iterable"]).bind(arguments)[0] ?? .none
    guard let recurse else {
      throw JinjaError.type(
        "The loop must have the 'recursive' marker to be called recursively.")
    }
    return .string(try recurse(iterable))
  }

  override func length() throws -> Int? { knownLength }
  override func iterator() throws -> Iterator? {
    Iterator("LoopContext") { [unowned self] in
      try advance().map { try .tuple([$0, .object(self)]) }
    }
  }

  override func representation(_ writer: inout Writer) throws {
    try writer.write("<LoopContext \(index + 1)/\(knownLength ?? index + 1)>")
  }

  override func clear() {
    recurse = nil
    elements = Iterator([])
    (current, previous, ahead, lastChanged) = (nil, nil, nil, nil)
  }
}
