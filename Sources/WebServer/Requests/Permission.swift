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
package enum TaskPermission {
  package static let list = Permission.signedIn
  package static let read = Permission.signedIn
  package static let change = Permission(allowed: [.admin])
  package static let followProgress = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for prompts and imports.
package enum PromptPermission {
  package static let list = Permission(allowed: [.reviewer, .admin])
  package static let importing = Permission(allowed: [.admin])
}

/// Permissions for assignments. The store checks that an assignment is the labeller's own.
package enum AssignmentPermission {
  package static let work = Permission.signedIn
}

/// Permissions for judgements.
package enum JudgementPermission {
  package static let mine = Permission.signedIn
  package static let everyones = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for gold prompts.
package enum GoldPermission {
  package static let read = Permission(allowed: [.reviewer, .admin])
  package static let change = Permission(allowed: [.admin])
}

/// Permissions for the review.
package enum ReviewPermission {
  package static let read = Permission(allowed: [.reviewer, .admin])
  package static let decide = Permission(allowed: [.reviewer, .admin])
  package static let retract = Permission(allowed: [.reviewer, .admin])
  /// Retracting all judgements of a labeller in a task.
  package static let retractWork = Permission(allowed: [.admin])
}

/// Permissions for the event log and backups.
package enum WorkspacePermission {
  package static let audit = Permission(allowed: [.admin])
  package static let backUp = Permission(allowed: [.admin])
}

/// Permissions for exports.
package enum ExportPermission {
  package static let make = Permission(allowed: [.admin])
}

/// Permissions for webhooks.
package enum WebhookPermission {
  package static let manage = Permission(allowed: [.admin])
}

/// Permissions for people.
package enum PeoplePermission {
  package static let manage = Permission(allowed: [.admin])
  package static let compare = Permission(allowed: [.reviewer, .admin])
}

/// Permissions for one's own account.
package enum AccountPermission {
  package static let own = Permission.signedIn
}

/// Permissions for runs and models.
package enum RunPermission {
  package static let follow = Permission(allowed: [.reviewer, .admin])
  package static let control = Permission(allowed: [.admin])
}
