import Foundation

extension Interpreter {
  func arithmetic(
    _ operation: Expression.Arithmetic, _ left: Value, _ right: Value
  ) throws -> Value {
    if operation == .modulo, case .string(let format) = left {
      return .string(try percentFormat(format, right))
    }
    if case .undefined(let undefined) = left { throw undefined.error }
    if case .undefined(let undefined) = right { throw undefined.error }
    if let left = left.index, let right = right.index {
      return try integers(operation, left, right)
    }
    if let left = left.number, let right = right.number {
      return .float(try floats(operation, left, right))
    }
    switch operation {
    case .add:
      if let sum = try sum(left, right) { return sum }
    case .multiply:
      if let product = try repetition(left, right) ?? repetition(right, left) { return product }
    default: break
    }
    throw JinjaError.type(
      "unsupported operand type(s) for \(operation.rawValue): '\(left.typeName)' and "
        + "'\(right.typeName)'")
  }

  private func sum(_ left: Value, _ right: Value) throws -> Value? {
    switch (left, right) {
    case (.string(let left), .string(let right)):
      try charge(left.count + right.count)
      return .string(left + right)
    case (.list(let left), .list(let right)):
      try charge(8 * (left.items.count + right.items.count))
      return try .list(left.items + right.items)
    case (.tuple(let left), .tuple(let right)):
      try charge(8 * (left.items.count + right.items.count))
      return try .tuple(left.items + right.items)
    case (.string(let text), _) where text.isMarkup: return nil
    case (.string, _), (.list, _), (.tuple, _):
      throw JinjaError.type(
        "can only concatenate \(left.typeName) (not \"\(right.typeName)\") to \(left.typeName)")
    default: return nil
    }
  }

  private func repetition(_ sequence: Value, _ times: Value) throws -> Value? {
    let length: Int
    switch sequence {
    case .string(let text): length = text.count
    case .list(let elements), .tuple(let elements): length = elements.items.count
    default: return nil
    }
    guard let times = times.index else {
      if sequence.text?.isMarkup ?? false {
        throw JinjaError.type(
          "'\(times.typeName)' object cannot be interpreted as an integer")
      }
      throw JinjaError.type("can't multiply sequence by non-int of type '\(times.typeName)'")
    }
    let count = max(0, times)
    let (total, overflows) = length.multipliedReportingOverflow(by: count)
    // An element takes the room of several characters.
    try charge(
      overflows || total > limits.allocations ? .max : sequence.text == nil ? 8 * total : total)
    switch sequence {
    case .string(let text):
      return .string(text.with(repeatElement(text.scalars, count: total == 0 ? 0 : count).joined()))
    case .list(let elements):
      return try .list(
        Array(repeatElement(elements.items, count: total == 0 ? 0 : count).joined()))
    case .tuple(let elements):
      return try .tuple(
        Array(repeatElement(elements.items, count: total == 0 ? 0 : count).joined()))
    default: return nil
    }
  }

  // MARK: - Numbers

  private func integers(
    _ operation: Expression.Arithmetic, _ left: Int, _ right: Int
  ) throws -> Value {
    func checked(_ result: (Int, Bool)) throws -> Value {
      guard !result.1 else { throw Self.overflow }
      return .int(result.0)
    }
    switch operation {
    case .add: return try checked(left.addingReportingOverflow(right))
    case .subtract: return try checked(left.subtractingReportingOverflow(right))
    case .multiply: return try checked(left.multipliedReportingOverflow(by: right))
    case .divide:
      guard right != 0 else { throw Self.zeroDivision("division by zero") }
      return .float(Double(left) / Double(right))
    case .floorDivide:
      guard right != 0 else { throw Self.zeroDivision("integer division or modulo by zero") }
      let (quotient, overflows) = left.dividedReportingOverflow(by: right)
      guard !overflows else { throw Self.overflow }
      let hasRemainder = left % right != 0
      return .int(hasRemainder && (left < 0) != (right < 0) ? quotient - 1 : quotient)
    case .modulo:
      guard right != 0 else { throw Self.zeroDivision("integer modulo by zero") }
      guard right != -1 else { return .int(0) }
      let remainder = left % right
      return .int(remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder)
    case .power:
      guard right >= 0 else { return .float(try floats(.power, Double(left), Double(right))) }
      return .int(try power(left, right))
    }
  }

  private func power(_ base: Int, _ exponent: Int) throws -> Int {
    if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
    if base == -1 { return exponent % 2 == 0 ? 1 : -1 }
    guard exponent < 64 else { throw Self.overflow }
    var result = 1
    for _ in 0..<exponent {
      let (next, overflows) = result.multipliedReportingOverflow(by: base)
      guard !overflows else { throw Self.overflow }
      result = next
    }
    return result
  }

  private func floats(
    _ operation: Expression.Arithmetic, _ left: Double, _ right: Double
  ) throws -> Double {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .divide:
      guard right != 0 else { throw Self.zeroDivision("float division by zero") }
      return left / right
    case .floorDivide:
      guard right != 0 else { throw Self.zeroDivision("float floor division by zero") }
      let quotient = (left - modulo(left, right)) / right
      guard quotient != 0 else { return copysign(0, left / right) }
      let floored = quotient.rounded(.down)
      return quotient - floored > 0.5 ? floored + 1 : floored
    case .modulo:
      guard right != 0 else { throw Self.zeroDivision("float modulo") }
      return modulo(left, right)
    case .power:
      if left == 0, right < 0 {
        throw Self.zeroDivision("0.0 cannot be raised to a negative power")
      }
      if left < 0, right.isFinite, right != right.rounded() {
        throw JinjaError.limit("Complex numbers are not supported.")
      }
      let result = pow(left, right)
      if result.isInfinite, left.isFinite, right.isFinite {
        throw JinjaError(
          .python("OverflowError"), "(34, 'Numerical result out of range')")
      }
      return result
    }
  }

  private func modulo(_ left: Double, _ right: Double) -> Double {
    let remainder = fmod(left, right)
    guard remainder != 0 else { return copysign(0, right) }
    return (remainder < 0) != (right < 0) ? remainder + right : remainder
  }

  static let overflow = JinjaError.limit(
    "A whole number is larger than \(Int.max), which is not supported.")

  static func zeroDivision(_ message: String) -> JinjaError {
    JinjaError(.python("ZeroDivisionError"), message)
  }

  func negative(_ value: Value) throws -> Value {
    if case .undefined(let undefined) = value { throw undefined.error }
    if let whole = value.index {
      guard whole != .min else { throw Self.overflow }
      return .int(-whole)
    }
    guard case .float(let number) = value else {
      throw JinjaError.type("bad operand type for unary -: '\(value.typeName)'")
    }
    return .float(-number)
  }

  func positive(_ value: Value) throws -> Value {
    if case .undefined(let undefined) = value { throw undefined.error }
    if let whole = value.index { return .int(whole) }
    guard case .float = value else {
      throw JinjaError.type("bad operand type for unary +: '\(value.typeName)'")
    }
    return value
  }
}
