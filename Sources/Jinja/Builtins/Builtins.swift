/// The filters, tests, methods and functions that every template can use.
enum Builtins {
  typealias Filter = @Sendable (Interpreter, Value, Arguments) throws -> Value
  typealias Test = @Sendable (Interpreter, Value, Arguments) throws -> Bool
  typealias Method<Subject> = @Sendable (Interpreter, Subject, Arguments) throws -> Value

  static let filters: [String: Filter] = textFilters.merging(sequenceFilters) { first, _ in first }
    .merging(selectionFilters) { first, _ in first }
    .merging(numberFilters) { first, _ in first }

  /// Returns the bound values after the subject.
  static func bind(
    _ function: String, _ parameters: [String], required: Int = 0, _ value: Value,
    _ arguments: Arguments
  ) throws -> [Value?] {
    let signature = Signature(function, ["value"] + parameters, required: required + 1)
    return Array(try signature.bind(arguments.prefixed(value)).dropFirst())
  }

  static func integer(_ value: Value?, default absent: Int) throws -> Int {
    guard let value else { return absent }
    guard let index = value.index else {
      if case .undefined(let undefined) = value { throw undefined.error }
      throw JinjaError.type(
        "'\(value.typeName)' object cannot be interpreted as an integer")
    }
    return index
  }
}
