/// An error in a template, or one that a template raises.
public struct JinjaError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// The template cannot be parsed.
    case syntax
    /// The template called `raise_exception`: the message is the template's own text.
    case raised
    /// A value is undefined where a value is needed.
    case undefined
    /// An access that the sandbox forbids.
    case security
    /// A Python exception of this class.
    case python(String)
    /// A limit on steps, depth or size was reached.
    case limit
  }

  public var kind: Kind
  /// The text without its place. It equals the message of Python's exception where there is one.
  public var message: String
  /// The place in the template, or nil before it is known.
  public var position: Position?

  public init(_ kind: Kind, _ message: String, at position: Position? = nil) {
    self.kind = kind
    self.message = message
    self.position = position
  }

  public var description: String {
    guard kind != .raised, let position else { return message }
    return "line \(position.line), column \(position.column): \(message)"
  }

  static func type(_ message: String) -> Self { Self(.python("TypeError"), message) }
  static func value(_ message: String) -> Self { Self(.python("ValueError"), message) }
  static func runtime(_ message: String) -> Self { Self(.python("TemplateRuntimeError"), message) }
  static func argument(_ message: String) -> Self { Self(.python("FilterArgumentError"), message) }
  static func limit(_ message: String) -> Self { Self(.limit, message) }
}

/// A place in a template, counted from 1. Columns count Unicode scalars.
public struct Position: Sendable, Hashable {
  public var line: Int
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}
