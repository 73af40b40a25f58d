/// Reads the tokens of a template into a tree.
struct Parser {
  let tokens: [Token]
  var place = 0
  var depth = 0
  /// Numbers of the names.
  var names: [String: Int] = [:]
  /// Tags that are open, and what may end each.
  var openTags: [String] = []
  var expectedEnds: [[String]] = []
  /// Loops around the current place, counted from the innermost macro.
  var loops = 0
  /// Whether an unknown filter is an error only when it is reached: inside `if`.
  var isConditional = false
  var unknown: [(kind: String, name: String, position: Position)] = []
  /// Names that a macro's body reads, as far as macros care.
  var special: Set<String> = []
  var hasGeneration = false

  init(_ text: String) throws {
    tokens = try Lexer.tokens(of: text)
    for name in Name.predefined { _ = id(name) }
  }

  mutating func id(_ name: String) -> Int {
    if let id = names[name] { return id }
    names[name] = names.count
    return names.count - 1
  }

  mutating func parse() throws -> [Statement] {
    let body = try statements(until: nil)
    if let first = unknown.first {
      throw JinjaError(
        .syntax, "No \(first.kind) named \(Text(first.name).representation).", at: first.position)
    }
    return body
  }

  // MARK: - Tokens

  var current: Token { tokens[min(place, tokens.count - 1)] }
  var following: Token { tokens[min(place + 1, tokens.count - 1)] }

  @discardableResult
  mutating func advance() -> Token {
    defer { place += 1 }
    return current
  }

  func isName(_ name: String, _ token: Token? = nil) -> Bool {
    if case .name(let text) = (token ?? current).kind { text == name } else { false }
  }

  func isSymbol(_ symbol: String, _ token: Token? = nil) -> Bool {
    if case .symbol(let text) = (token ?? current).kind { text == symbol } else { false }
  }

  mutating func skipName(_ name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func skipSymbol(_ symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func expectSymbol(_ symbol: String) throws {
    guard skipSymbol(symbol) else { throw unexpected(symbol) }
  }

  mutating func expectName(_ name: String) throws {
    guard skipName(name) else { throw unexpected(name) }
  }

  mutating func expectName() throws -> (name: String, position: Position) {
    guard case .name(let name) = current.kind else { throw unexpected("name") }
    return (name, advance().position)
  }

  mutating func expect(_ kind: Token.Kind) throws {
    guard current.kind == kind else {
      throw unexpected(Token(kind: kind, position: current.position).description)
    }
    advance()
  }

  func unexpected(_ expected: String) -> JinjaError {
    let expected = Text(expected).representation
    guard current.kind != .end else {
      return failure("unexpected end of template, expected \(expected).")
    }
    return failure("expected token \(expected), got \(Text(current.description).representation)")
  }

  func failure(_ message: String, at position: Position? = nil) -> JinjaError {
    JinjaError(.syntax, message, at: position ?? current.position)
  }

  /// Runs a step that may call itself, within a limit.
  mutating func nested<Result>(_ step: (inout Self) throws -> Result) throws -> Result {
    guard depth < Limits.nesting else {
      throw JinjaError(
        .limit, "More than \(Limits.nesting) levels are nested.", at: current.position)
    }
    depth += 1
    defer { depth -= 1 }
    return try step(&self)
  }

  func node(
    _ kind: Expression.Kind, at position: Position, _ children: [Expression?]
  ) throws -> Expression {
    let depth = 1 + (children.lazy.compactMap { $0?.depth }.max() ?? 0)
    guard depth <= 2 * Limits.nesting else {
      throw JinjaError(
        .limit, "An expression has more than \(2 * Limits.nesting) levels.", at: position)
    }
    return Expression(kind, at: position, depth: depth)
  }
}

extension Name {
  /// Names that the interpreter itself sets. Their numbers are their places here.
  static let predefined = ["loop", "caller", "varargs", "kwargs"]
  static let loop = Name(id: 0, text: "loop")
  static let caller = Name(id: 1, text: "caller")
  static let varargs = Name(id: 2, text: "varargs")
  static let kwargs = Name(id: 3, text: "kwargs")
}
