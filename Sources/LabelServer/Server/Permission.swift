/// The roles that may use a route. A test checks every route with every role.
package struct Permission: Sendable, Equatable {
  package let allowed: Set<VisitorRole>

  package static let everyone = Permission(allowed: Set(VisitorRole.allCases))
  package static let signedIn = Permission(allowed: [.labeller, .reviewer, .admin])

  package func allows(_ visitor: Visitor) -> Bool {
    allowed.contains(visitor.role)
  }
}

/// Permissions for tasks.
enum TaskPermission {
  static let list = Permission.signedIn
  static let read = Permission.signedIn
  static let change = Permission(allowed: [.admin])
  static let followProgress = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for prompts and imports.
enum PromptPermission {
  static let list = Permission(allowed: [.reviewer, .admin])
  static let importing = Permission(allowed: [.admin])
}

/// Permissions for assignments. The store checks that an assignment is the labeller's own.
enum AssignmentPermission {
  static let work = Permission.signedIn
}

/// Permissions for judgements.
enum JudgementPermission {
  static let mine = Permission.signedIn
  static let everyones = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for gold prompts.
enum GoldPermission {
  static let read = Permission(allowed: [.reviewer, .admin])
  static let change = Permission(allowed: [.admin])
}

/// Permissions for the review.
enum ReviewPermission {
  static let read = Permission(allowed: [.reviewer, .admin])
  static let decide = Permission(allowed: [.reviewer, .admin])
  static let retract = Permission(allowed: [.reviewer, .admin])
  /// Retracting all judgements of a labeller in a task.
  static let retractWork = Permission(allowed: [.admin])
}

/// Permissions for the event log and backups.
enum WorkspacePermission {
  static let audit = Permission(allowed: [.admin])
  static let backUp = Permission(allowed: [.admin])
}

/// Permissions for exports.
enum ExportPermission {
  static let make = Permission(allowed: [.admin])
}

/// Permissions for webhooks.
enum WebhookPermission {
  static let manage = Permission(allowed: [.admin])
}

/// Permissions for people.
enum PeoplePermission {
  static let manage = Permission(allowed: [.admin])
  static let compare = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for one's own account.
enum AccountPermission {
  static let own = Permission.signedIn
}

/// Permissions for runs and models.
enum RunPermission {
  static let follow = Permission(allowed: [.reviewer, .admin])
  static let control = Permission(allowed: [.admin])
}
