import Foundation

/// What a labeller gets who asks for work.
public enum NextPrompt: Sendable, Hashable {
  case assignment(Assignment)
  case nothing(NothingLeft)
}

/// Says why nothing is left for a labeller, and when to come back.
public enum NothingLeft: Sendable, Hashable {
  /// No prompt of the task has answers to rank yet.
  case noAnswers
  /// Every prompt has its judgements, or this labeller judged or skipped it.
  case allDone
  /// The labeller gave as many judgements as the task takes from one.
  case capped(Int)
  /// The labeller gave as many as the task takes from one in a day.
  case cappedToday(Int, until: Date)
  /// Others hold what is left; the first of their leases ends then.
  case othersHold(until: Date)
  /// What is left is for other languages or tags.
  case notYours

  /// The name of the reason, as the API says it.
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

  /// When it is worth while to ask again, if that is known.
  public var comeBackAt: Date? {
    switch self {
    case .cappedToday(_, let until), .othersHold(let until): until
    case .noAnswers, .allDone, .capped, .notYours: nil
    }
  }
}
