import Foundation

/// One rendering of a template.
final class Interpreter {
  let limits: Limits
  let now: Date
  var scope: Scope
  /// The output of the innermost macro or block that is captured, or of the template.
  private(set) var output = Text()
  private var outerOutputs: [Text] = []
  /// Places of what `{% generation %}` writes, in scalars of the output.
  var generations: [Range<Int>] = []

  private var steps = 0
  private var allocations = 0
  private var depth = 0
  /// Objects and scopes that may be part of a circle.
  private var objects: [Object] = []
  private var captured: [Scope] = []

  init(limits: Limits, scope: Scope, now: Date) {
    self.limits = limits
    self.scope = scope
    self.now = now
  }

  /// Frees what a template made, without recursion and circles.
  func clear() {
    for object in objects { object.clear() }
    for scope in captured { scope.clear() }
    objects = []
    captured = []
  }

  /// Keeps an object until the end, when it is cleared.
  func keep<Kept: Object>(_ object: Kept) throws -> Kept {
    try charge(64)
    objects.append(object)
    return object
  }

  func keep(_ scope: Scope) { captured.append(scope) }

  // MARK: - Limits

  func step(_ count: Int = 1) throws {
    steps += count
    guard steps <= limits.steps else {
      throw JinjaError.limit("The template takes more than \(limits.steps) steps.")
    }
  }

  /// Counts the steps of a search, which compares a part at many places at worst.
  func stepThrough(_ text: Text, searching part: Text) throws {
    let (product, overflows) = text.count.multipliedReportingOverflow(by: part.count)
    try step(text.count / 16 + (overflows ? limits.steps : product / 256))
  }

  /// Notes that a value of this size is made.
  func charge(_ count: Int) throws {
    let (sum, overflows) = allocations.addingReportingOverflow(count)
    guard !overflows, sum <= limits.allocations else {
      throw JinjaError.limit(
        "The template makes values of more than \(limits.allocations) characters or elements.")
    }
    allocations = sum
    try step(count / 16)
  }

  func nested<Result>(_ body: () throws -> Result) throws -> Result {
    guard depth < limits.depth else {
      throw JinjaError.limit(
        "More than \(limits.depth) calls, loops or expressions are inside each other.")
    }
    depth += 1
    defer { depth -= 1 }
    return try body()
  }

  // MARK: - Output

  func write(_ text: Text) throws {
    guard output.count + text.count <= limits.output else {
      throw JinjaError.limit("The output is longer than \(limits.output) characters.")
    }
    try charge(text.count)
    output.scalars += text.scalars
  }

  /// Returns what `body` writes.
  func capture<Result>(_ body: () throws -> Result) throws -> (text: Text, result: Result) {
    outerOutputs.append(output)
    output = Text()
    defer { output = outerOutputs.removeLast() }
    let result = try body()
    return (output, result)
  }

  /// The number of scalars that the template itself has written.
  var written: Int { outerOutputs.first?.count ?? output.count }

  /// Runs `body` with the variables of `inner`.
  func within<Result>(_ inner: Scope, _ body: () throws -> Result) rethrows -> Result {
    let outer = scope
    scope = inner
    defer { scope = outer }
    return try body()
  }

  func string(_ value: Value) throws -> Text {
    switch value {
    case .string(let text): return text
    case .undefined: return Text()
    default:
      var writer = Writer(self)
      try writer.write(value)
      return writer.text
    }
  }

  /// Starts an iteration over a value.
  func iterator(_ value: Value) throws -> Iterator {
    switch value {
    case .undefined: return Iterator([])
    case .list(let elements), .tuple(let elements): return Iterator(elements.items)
    case .dictionary(let mapping): return Iterator(mapping.keys)
    case .string(let text):
      var rest = text.scalars[...]
      return Iterator("str_iterator") { rest.popFirst().map { .string(Text([$0])) } }
    case .object(let object):
      if let iterator = try object.iterator() { return iterator }
    default: break
    }
    throw JinjaError.type("'\(value.typeName)' object is not iterable")
  }

  /// Returns all elements of a value.
  func elements(_ value: Value) throws -> [Value] {
    switch value {
    case .list(let elements), .tuple(let elements): return elements.items
    case .dictionary(let mapping): return mapping.keys
    default:
      let iterator = try iterator(value)
      var result: [Value] = []
      while let element = try iterator.next() {
        try charge(8)
        try step()
        result.append(element)
      }
      return result
    }
  }
}
