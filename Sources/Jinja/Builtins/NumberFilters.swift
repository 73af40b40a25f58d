import Foundation

extension Builtins {
  static let numberFilters: [String: Filter] = [
    "abs": { _, value, _ in
      switch value {
      case .undefined:
        throw JinjaError.type("bad operand type for abs(): 'Undefined'")
      case .float(let number): return .float(abs(number))
      default:
        guard let whole = value.index else {
          throw JinjaError.type("bad operand type for abs(): '\(value.typeName)'")
        }
        guard whole != .min else { throw Interpreter.overflow }
        return .int(abs(whole))
      }
    },
    "int": { interpreter, value, arguments in
      let bound = try bind("do_int", ["default", "base"], value, arguments)
      let base = try integer(bound[1], default: 10)
      if case .undefined(let undefined) = value { throw undefined.error }
      return try whole(value, base: base) ?? bound[0] ?? .int(0)
    },
    "float": { interpreter, value, arguments in
      let bound = try bind("do_float", ["default"], value, arguments)
      if case .undefined(let undefined) = value { throw undefined.error }
      if let number = value.number { return .float(number) }
      return value.text.flatMap(PythonNumbers.float).map(Value.float) ?? bound[0] ?? .float(0)
    },
    "round": { interpreter, value, arguments in
      let bound = try bind("do_round", ["precision", "method"], value, arguments)
      let precision = try integer(bound[0], default: 0)
      let method = bound[1]?.text?.string ?? "common"
      guard ["common", "ceil", "floor"].contains(method) else {
        throw JinjaError.argument("method must be common, ceil or floor")
      }
      if method == "common" { return try rounded(value, precision) }
      if case .undefined(let undefined) = value { throw undefined.error }
      guard let number = value.number else {
        switch value {
        case .string, .list, .tuple:
          throw JinjaError.type("must be real number, not \(value.typeName)")
        default:
          throw JinjaError.type(
            "unsupported operand type(s) for *: '\(value.typeName)' and 'int'")
        }
      }
      let scale = pow(10, Double(precision))
      let scaled = number * scale
      guard scaled.isFinite else { throw Interpreter.overflow }
      return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
    },
    "filesizeformat": { interpreter, value, arguments in
      let binary = try bind("do_filesizeformat", ["binary"], value, arguments)[0]?.isTrue ?? false
      guard let bytes = value.number ?? value.text.flatMap(PythonNumbers.float) else {
        if case .undefined(let undefined) = value { throw undefined.error }
        if case .string(let text) = value {
          throw JinjaError.value("could not convert string to float: \(text.representation)")
        }
        throw JinjaError.type(
          "float() argument must be a string or a real number, not '\(value.typeName)'")
      }
      return .string(size(bytes, binary: binary))
    },
  ]

  private static func whole(_ value: Value, base: Int) throws -> Value? {
    if let whole = value.index { return .int(whole) }
    if case .string(let text) = value, let whole = PythonNumbers.whole(text, base: base) {
      return .int(whole)
    }
    let number: Double?
    if case .float(let float) = value {
      number = float
    } else {
      number = value.text.flatMap(PythonNumbers.float)
    }
    guard let number, number.isFinite else { return nil }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw Interpreter.overflow
    }
    return .int(whole)
  }

  private static func rounded(_ value: Value, _ precision: Int) throws -> Value {
    switch value {
    case .float(let number):
      guard number.isFinite, precision < 300 else { return value }
      guard precision > -300 else { return .float(0) }
      if precision >= 0 {
        // The nearest decimal, as Python and `printf` choose it.
        return .float(Double(String(format: "%.\(precision)f", number)) ?? number)
      }
      let scale = pow(10, Double(-precision))
      return .float((number / scale).rounded(.toNearestOrEven) * scale)
    case .undefined, .none, .string, .list, .tuple, .dictionary, .object:
      throw JinjaError.type("type \(value.typeName) doesn't define __round__ method")
    default:
      let whole = value.index ?? 0
      guard precision < 0 else { return .int(whole) }
      guard precision > -19 else { return .int(0) }
      let scale = (0..<(-precision)).reduce(1) { product, _ in product * 10 }
      let (quotient, remainder) = whole.quotientAndRemainder(dividingBy: scale)
      let twice = remainder.magnitude * 2
      let away = twice > scale.magnitude || (twice == scale.magnitude && quotient % 2 != 0)
      let (result, overflows) =
        (quotient + (away ? (whole < 0 ? -1 : 1) : 0)).multipliedReportingOverflow(by: scale)
      guard !overflows else { throw Interpreter.overflow }
      return .int(result)
    }
  }

  private static func size(_ bytes: Double, binary: Bool) -> String {
    let base: Double = binary ? 1024 : 1000
    let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"]
    if bytes == 1 { return "1 Byte" }
    if bytes < base, let whole = Int(exactly: bytes.rounded(.towardZero)) {
      return "\(whole) Bytes"
    }
    var unit = base
    var prefix = "k"
    for next in prefixes {
      unit *= base
      prefix = next
      if bytes < unit { break }
    }
    let name = binary ? prefix.uppercased() + "iB" : prefix + "B"
    return String(format: "%.1f", base * bytes / unit) + " " + name
  }
}

/// Numbers as Python reads them from texts.
enum PythonNumbers {
  static func whole(_ text: Text, base: Int) -> Int? {
    guard (2...36).contains(base) || base == 0 else { return nil }
    var digits = text.stripped(nil).string
    var isNegative = false
    if let sign = digits.first, sign == "-" || sign == "+" {
      isNegative = sign == "-"
      digits.removeFirst()
    }
    var radix = base
    for (prefix, value) in [("0x", 16), ("0o", 8), ("0b", 2)]
    where base == value || base == 0 {
      if digits.lowercased().hasPrefix(prefix) {
        digits.removeFirst(2)
        if digits.hasPrefix("_") { digits.removeFirst() }
        radix = value
        break
      }
    }
    if radix == 0 { radix = 10 }
    guard let plain = withoutUnderscores(digits), !plain.hasPrefix("-"), !plain.hasPrefix("+")
    else { return nil }
    return Int((isNegative ? "-" : "") + plain, radix: radix)
  }

  static func float(_ text: Text) -> Double? {
    guard let plain = withoutUnderscores(text.stripped(nil).string) else { return nil }
    let lower = plain.lowercased()
    let unsigned = lower.hasPrefix("-") || lower.hasPrefix("+") ? String(lower.dropFirst()) : lower
    switch unsigned {
    case "inf", "infinity": return lower.hasPrefix("-") ? -.infinity : .infinity
    case "nan": return .nan
    default: break
    }
    guard !unsigned.isEmpty,
      unsigned.unicodeScalars.allSatisfy({ "0123456789.e+-".unicodeScalars.contains($0) })
    else { return nil }
    var padded = unsigned.hasPrefix(".") ? "0" + unsigned : unsigned
    if padded.hasSuffix(".") { padded += "0" }
    padded = padded.replacingOccurrences(of: ".e", with: ".0e")
    guard let value = Double(padded), unsigned != "." else { return nil }
    return lower.hasPrefix("-") ? -value : value
  }

  /// Underscores may stand between digits.
  private static func withoutUnderscores(_ text: String) -> String? {
    guard text.contains("_") else { return text.isEmpty ? nil : text }
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    return parts.joined()
  }
}
