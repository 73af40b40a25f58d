/// Who may do a thing. Each route names one of these; a test walks every role over every route.
package struct Permission: Sendable, Equatable {
  package let allowed: Set<VisitorRole>

  package static let everyone = Permission(allowed: Set(VisitorRole.allCases))
  package static let signedIn = Permission(allowed: [.labeller, .reviewer, .admin])

  package func allows(_ visitor: Visitor) -> Bool {
    allowed.contains(visitor.role)
  }
}

/// What may be done with tasks.
enum TaskPermission {
  static let list = Permission.signedIn
  static let read = Permission.signedIn
  static let change = Permission(allowed: [.admin])
  static let followProgress = Permission(allowed: [.reviewer, .admin])
}

/// What may be done with prompts and everything imported.
enum PromptPermission {
  static let list = Permission(allowed: [.reviewer, .admin])
  static let importing = Permission(allowed: [.admin])
}

/// What may be done with assignments: the store answers only for their own labeller.
enum AssignmentPermission {
  static let work = Permission.signedIn
}

/// What may be done with judgements.
enum JudgementPermission {
  static let mine = Permission.signedIn
  static let everyones = Permission(allowed: [.reviewer, .admin])
}

/// What may be done with prompts whose judgement is known.
enum GoldPermission {
  static let read = Permission(allowed: [.reviewer, .admin])
  static let change = Permission(allowed: [.admin])
}

/// What may be done where labellers disagree.
enum ReviewPermission {
  static let read = Permission(allowed: [.reviewer, .admin])
  static let decide = Permission(allowed: [.reviewer, .admin])
  static let retract = Permission(allowed: [.reviewer, .admin])
  /// A labeller's whole work in a task.
  static let retractWork = Permission(allowed: [.admin])
}

/// What may be done with the log of what happened, and with copies of the store.
enum WorkspacePermission {
  static let audit = Permission(allowed: [.admin])
  static let backUp = Permission(allowed: [.admin])
}

/// What may be done with exports.
enum ExportPermission {
  static let make = Permission(allowed: [.admin])
}

/// What may be done with webhooks.
enum WebhookPermission {
  static let manage = Permission(allowed: [.admin])
}

/// What may be done with people.
enum PeoplePermission {
  static let manage = Permission(allowed: [.admin])
  static let compare = Permission(allowed: [.reviewer, .admin])
}

/// What may be done with an account: everybody's own.
enum AccountPermission {
  static let own = Permission.signedIn
}

/// What may be done with runs and models.
enum RunPermission {
  static let follow = Permission(allowed: [.reviewer, .admin])
  static let control = Permission(allowed: [.admin])
}
