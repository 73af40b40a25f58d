import Foundation

/// A submitted form: names with one or several values.
package struct Form: Sendable {
  private let values: [String: [String]]

  package init(encoded: String) {
    var values: [String: [String]] = [:]
    for pair in encoded.utf8.split(separator: UInt8(ascii: "&")) {
      let cut = pair.firstIndex(of: UInt8(ascii: "="))
      guard let name = Self.decoded(pair[..<(cut ?? pair.endIndex)]) else { continue }
      let value = cut.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...]
      values[name, default: []].append(Self.decoded(value) ?? "")
    }
    self.values = values
  }

  package subscript(name: String) -> String {
    values[name]?.first ?? ""
  }

  package func all(_ name: String) -> [String] {
    values[name] ?? []
  }

  /// A value without surrounding space, or nil when nothing was entered.
  package func filled(_ name: String) -> String? {
    let value = self[name].trimmingCharacters(in: .whitespacesAndNewlines)
    return value.isEmpty ? nil : value
  }

  package var names: [String] { values.keys.sorted() }

  // On bytes: a form can have two megabytes, and a pass over its characters would take a second.
  private static func decoded(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(Self.digit),
          let low = rest.popFirst().flatMap(Self.digit)
        else { return nil }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
