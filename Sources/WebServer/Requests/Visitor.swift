import LabelStore

/// The role of a visitor: a guest, or the role of the person who signed in.
package enum VisitorRole: String, Sendable, CaseIterable {
  case guest, labeller, reviewer, admin
}

/// The sender of a request: a guest, or a person who signed in by cookie or token.
package struct Visitor: Sendable, Equatable {
  /// How the visitor signed in. Browsers send cookies with requests of other sites, so requests
  /// with a cookie need the origin check.
  package enum Credential: Sendable, Equatable {
    case none, cookie, token
  }

  package var id: PersonID
  package var name: String
  package var role: VisitorRole
  package var credential: Credential

  package static let guest = Visitor(
    id: PersonID(rawValue: 0), name: "", role: .guest, credential: .none)

  package init(id: PersonID, name: String, role: VisitorRole, credential: Credential) {
    self.id = id
    self.name = name
    self.role = role
    self.credential = credential
  }

  package var isSignedIn: Bool { role != .guest }
  package var isAdmin: Bool { role == .admin }
}
