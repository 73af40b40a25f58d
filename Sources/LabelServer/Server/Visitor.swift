import LabelStore

/// Who is asking: nobody yet known, or a person signed in by cookie or token.
package struct Visitor: Sendable, Equatable {
  package enum Standing: String, Sendable, CaseIterable {
    case guest, labeller, reviewer, admin
  }

  /// How the visitor proved who they are: a cookie travels by itself, so it needs the origin check.
  package enum Proof: Sendable, Equatable {
    case none, cookie, token
  }

  package var id: PersonID
  package var name: String
  package var standing: Standing
  package var proof: Proof

  package static let guest = Visitor(
    id: PersonID(rawValue: 0), name: "", standing: .guest, proof: .none)

  package init(id: PersonID, name: String, standing: Standing, proof: Proof) {
    self.id = id
    self.name = name
    self.standing = standing
    self.proof = proof
  }

  package var isSignedIn: Bool { standing != .guest }
  package var isAdmin: Bool { standing == .admin }
}
