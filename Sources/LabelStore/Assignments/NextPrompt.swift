import Foundation

/// The answer to a claim.
public enum NextPrompt: Sendable, Hashable {
  case assignment(Assignment)
  case nothing(NothingLeft)
}

/// The reason why there is no prompt for a labeller, and when to ask again.
public enum NothingLeft: Sendable, Hashable {
  /// No prompt of the task has answers to rank yet.
  case noAnswers
  /// Every prompt has its judgements, or this labeller judged or skipped it.
  case allDone
  /// The labeller has reached the task's limit of judgements per labeller.
  case capped(Int)
  /// The labeller has reached the task's limit per day.
  case cappedToday(Int, until: Date)
  /// Other labellers have claimed the remaining prompts. Their first lease expires at this time.
  case othersHold(until: Date)
  /// The remaining prompts have other languages or tags than the labeller's.
  case notYours

  /// The name of the reason in the API.
  public var reason: String {
    switch self {
    case .noAnswers: "noAnswers"
    case .allDone: "allDone"
    case .capped: "capped"
    case .cappedToday: "cappedToday"
    case .othersHold: "othersHold"
    case .notYours: "notYours"
    }
  }

  /// The time at which a new claim may succeed, if it is known.
  public var comeBackAt: Date? {
    switch self {
    case .cappedToday(_, let until), .othersHold(let until): until
    case .noAnswers, .allDone, .capped, .notYours: nil
    }
  }
}
