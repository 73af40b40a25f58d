import Crypto
import Foundation

/// Says whether a prompt is trained on or held out.
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
    }
    rawValue = hash.finalize().hexadecimal
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// A number in 0..<1 that depends on the group alone.
  public var share: Double {
    let digest = SHA256.hash(data: Data("split\n\(rawValue)".utf8))
    let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Double(bits >> 11) / Double(UInt64(1) << 53)
  }

  private static func fold(_ text: String) -> String {
    let folded = text.precomposedStringWithCompatibilityMapping.lowercased()
    // Text of symbols alone ("?!", "🙂") must not all fold into one group.
    let words = folded.split { !$0.isLetter && !$0.isNumber }
    return words.isEmpty
      ? folded.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      : words.joined(separator: " ")
  }
}

/// Assigns every prompt group to train or validation, the same way everywhere.
public struct SplitPlan: Sendable, Hashable {
  public let validationShare: Double
  private let moved: [PromptGroup: Split]

  /// Plans a split by group hash; with two groups or more, neither side is left empty.
  public init(groups: some Sequence<PromptGroup>, validationShare: Double = 0.15) {
    self.validationShare = validationShare
    let groups = Set(groups)
    guard groups.count >= 2, validationShare > 0, validationShare < 1 else {
      moved = [:]
      return
    }
    let held = groups.count { $0.share < validationShare }
    let byShare: (PromptGroup, PromptGroup) -> Bool = { ($0.share, $0) < ($1.share, $1) }
    if held == 0, let nearest = groups.min(by: byShare) {
      moved = [nearest: .validation]
    } else if held == groups.count, let nearest = groups.max(by: byShare) {
      moved = [nearest: .train]
    } else {
      moved = [:]
    }
  }

  public subscript(group: PromptGroup) -> Split {
    moved[group] ?? (group.share < validationShare ? .validation : .train)
  }
}

extension Digest {
  /// The digest as lower-case hexadecimal.
  public var hexadecimal: String {
    func digit(_ value: UInt8) -> UInt8 {
      value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
    return String(unsafeUninitializedCapacity: 2 * Self.byteCount) { text in
      for (index, byte) in self.enumerated() {
        text[2 * index] = digit(byte >> 4)
        text[2 * index + 1] = digit(byte & 15)
      }
      return 2 * Self.byteCount
    }
  }
}
