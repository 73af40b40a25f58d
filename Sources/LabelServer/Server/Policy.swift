/// Who may do a thing. Each route names one of these; a test walks every role over every route.
package struct Policy: Sendable, Equatable {
  package let allowed: Set<Visitor.Standing>

  package static let everyone = Policy(allowed: Set(Visitor.Standing.allCases))
  package static let signedIn = Policy(allowed: [.labeller, .reviewer, .admin])

  package func allows(_ visitor: Visitor) -> Bool {
    allowed.contains(visitor.standing)
  }
}

/// What may be done with tasks.
enum TaskPolicy {
  static let list = Policy.signedIn
  static let read = Policy.signedIn
  static let change = Policy(allowed: [.admin])
  static let followProgress = Policy(allowed: [.reviewer, .admin])
}

/// What may be done with prompts and everything imported.
enum PromptPolicy {
  static let list = Policy(allowed: [.reviewer, .admin])
  static let importing = Policy(allowed: [.admin])
}

/// What may be done with assignments: the store answers only for their own labeller.
enum AssignmentPolicy {
  static let work = Policy.signedIn
}

/// What may be done with judgements.
enum JudgementPolicy {
  static let mine = Policy.signedIn
  static let everyones = Policy(allowed: [.reviewer, .admin])
}

/// What may be done with exports.
enum ExportPolicy {
  static let make = Policy(allowed: [.admin])
}

/// What may be done with webhooks.
enum WebhookPolicy {
  static let manage = Policy(allowed: [.admin])
}

/// What may be done with people.
enum PeoplePolicy {
  static let manage = Policy(allowed: [.admin])
  static let compare = Policy(allowed: [.reviewer, .admin])
}

/// What may be done with an account: everybody's own.
enum AccountPolicy {
  static let own = Policy.signedIn
}

/// What may be done with runs and models.
enum RunPolicy {
  static let follow = Policy(allowed: [.reviewer, .admin])
  static let control = Policy(allowed: [.admin])
}
