import Foundation

/// A Jinja template, parsed once, with the extensions of Hugging Face Transformers: `tojson` without
/// HTML escapes, `raise_exception`, `strftime_now`, `{% generation %}`, `{% break %}` and
/// `{% continue %}`, in a sandbox where lists and dictionaries cannot be changed.
public struct Template: Sendable {
  private let body: [Statement]
  /// The numbers of the names in the template.
  private let names: [String: Int]
  /// Whether the template marks what the assistant writes.
  public let hasGeneration: Bool

  /// Parses a template. Throws a `JinjaError` with the place of the first error.
  public init(_ source: String) throws {
    var parser = try Parser(source)
    body = try parser.parse()
    names = parser.names
    hasGeneration = parser.hasGeneration
  }

  /// Whether the template mentions a name, as a variable or as a part of one.
  public func mentions(_ name: String) -> Bool { names[name] != nil }

  /// Renders the template. Throws a `JinjaError` with the place of the first error.
  ///
  /// - Parameters:
  ///   - variables: The variables by name. A repeated name keeps the last value.
  ///   - now: The time that `strftime_now` writes.
  public func render(
    _ variables: [(name: String, value: TemplateValue)], now: Date = Date(),
    limits: Limits = Limits()
  ) throws -> Rendering {
    let scope = Scope(parent: nil)
    for (name, value) in variables {
      if let id = names[name] { scope.set(id, try value.value()) }
    }
    let interpreter = Interpreter(limits: limits, scope: Scope(parent: scope), now: now)
    defer { interpreter.clear() }
    try interpreter.run(body)
    return Rendering(interpreter.output, interpreter.generations)
  }
}

/// The output of a template.
public struct Rendering: Sendable, Equatable {
  public let text: String
  /// The ranges of the text's UTF-8 bytes that `{% generation %}` marked, in the order in which the
  /// blocks ended.
  public let generations: [Range<Int>]

  init(_ output: Text, _ generations: [Range<Int>]) {
    text = output.string
    guard !generations.isEmpty else {
      self.generations = []
      return
    }
    var offsets = [0]
    offsets.reserveCapacity(output.count + 1)
    for scalar in output.scalars { offsets.append(offsets[offsets.count - 1] + UTF8.width(scalar)) }
    func offset(_ place: Int) -> Int { offsets[min(place, output.count)] }
    self.generations = generations.map { offset($0.lowerBound)..<offset($0.upperBound) }
  }
}
