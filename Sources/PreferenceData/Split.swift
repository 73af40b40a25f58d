import Foundation
import Hashing

/// The sides of a split: training or held out.
public enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  case train, validation
}

/// Names the set of near-duplicate prompts that must never straddle a split.
public struct PromptGroup: Sendable, Hashable, Comparable, RawRepresentable {
  public let rawValue: String

  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// Groups prompts that differ only in case, accents' composition, spaces and punctuation.
  public init(of messages: [ChatMessage]) {
    var hash = SHA256()
    for message in messages where message.role != .system {
      hash.update(data: Data("\(message.role.rawValue)\n\(Self.fold(message.content))\n".utf8))
      if !message.toolCalls.isEmpty {
        hash.update(data: Data(CanonicalJSON.text(.array(message.toolCalls)).utf8))
      }
    }
    rawValue = hash.finalize().hexadecimal
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// A number in 0..<1 that depends on the group alone.
  public var share: Double {
    let digest = SHA256.hash(data: Data("split\n\(rawValue)".utf8))
    let bits = digest.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    return Double(bits >> 11) / Double(UInt64(1) << 53)
  }

  private static func fold(_ text: String) -> String {
    if let folded = foldASCII(text) { return folded }
    let folded = text.precomposedStringWithCompatibilityMapping.lowercased()
    // Text of symbols alone ("?!", "🙂") must not all fold into one group.
    let words = folded.split { !$0.isLetter && !$0.isNumber }
    return words.isEmpty
      ? folded.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      : words.joined(separator: " ")
  }
}

extension PromptGroup {
  /// Returns the result of `fold` for ASCII text without Unicode's tables, because millions of rows are
  /// folded; nil for other text.
  private static func foldASCII(_ text: String) -> String? {
    var words: [UInt8] = []
    words.reserveCapacity(text.utf8.count)
    var isBetween = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        if isBetween, !words.isEmpty { words.append(0x20) }
        isBetween = false
        words.append(byte < 0x5B && byte > 0x40 ? byte | 0x20 : byte)
      case 0x80...: return nil
      default: isBetween = true
      }
    }
    return words.isEmpty ? nil : String(decoding: words, as: UTF8.self)
  }
}
