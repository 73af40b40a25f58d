import Labelling

/// The use of the judgements in an imported file.
public enum JudgementUse: String, Sendable, Hashable, Codable, CaseIterable {
  /// They are kept in the metadata of their prompts, and nowhere else.
  case metadata
  /// Each judge becomes an external labeller, beside the overlap: people judge the prompts as often
  /// as without the file.
  case labeller
  /// Each judge becomes an external labeller, whose judgements count towards the overlap.
  case labellerInOverlap = "labeller-in-overlap"
  /// The order becomes the known ranking of the prompt.
  case gold

  var makesLabellers: Bool { self == .labeller || self == .labellerInOverlap }
}

/// How many judgements of a file were used, and why others were not.
///
/// All of them are in the metadata of their prompts.
public struct JudgementTally: Sendable, Hashable {
  public var used = 0
  public var leftOut: [ImportedJudgementProblem: Int] = [:]

  public init() {}

  public var isEmpty: Bool { used == 0 && leftOut.isEmpty }

  mutating func leaveOut(_ problem: ImportedJudgementProblem, count: Int = 1) {
    leftOut[problem, default: 0] += count
  }

  static func += (total: inout Self, added: Self) {
    total.used += added.used
    total.leftOut.merge(added.leftOut) { $0 + $1 }
  }
}
