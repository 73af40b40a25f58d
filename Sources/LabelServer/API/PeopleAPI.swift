import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import WebServer

/// People and their roles. Admins add, change and invite them.
struct PeopleAPI: RouteGroup {
  let dependencies: ServerDependencies

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(.get, "/people", PeoplePermission.manage, summary: "List people") { _, _ in
        let specialties = try await store.promptFilters()
        return try Reply.json([
          "people": await store.people().map { PersonBody($0, specialties[$0.id]) }
        ])
      },
      .api(
        .post, "/people", PeoplePermission.manage,
        summary: "Add a person; the link works once", handler: create),
      .api(
        .patch, "/people/{id}", PeoplePermission.manage,
        summary: "Change role, access or prompt filter of a person",
        handler: change),
      .api(
        .post, "/people/{id}/invitation", PeoplePermission.manage,
        summary: "Create a new sign-in link; older links, sessions and tokens end"
      ) { request, context in
        let person = try await person(context)
        let link = try await dependencies.invite(person, request, context)
        return try Reply.json(
          PersonBody(person, await store.promptFilter(of: person.id), invitation: link),
          status: .created)
      },
    ]
  }

  private struct Creation: Decodable {
    var name: String
    var role: String?
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let body = try await request.decode(Creation.self)
    let person = try await store.addPerson(
      named: body.name, role: try Self.role(body.role ?? "labeller"), by: context.visitor.id)
    let link = try await dependencies.invite(person, request, context)
    return try Reply.json(PersonBody(person, invitation: link), status: .created)
  }

  private struct Change: Decodable {
    var role: String?
    var disabled: Bool?
    /// Nil when the field is absent; an inner nil means all.
    var languages: [String]??
    var tags: [String]??

    enum CodingKeys: String, CodingKey {
      case role, disabled, languages, tags
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      role = try fields.decodeIfPresent(String.self, forKey: .role)
      disabled = try fields.decodeIfPresent(Bool.self, forKey: .disabled)
      if fields.contains(.languages) {
        languages = .some(try fields.decodeIfPresent([String].self, forKey: .languages))
      }
      if fields.contains(.tags) {
        tags = .some(try fields.decodeIfPresent([String].self, forKey: .tags))
      }
    }
  }

  @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let person = try await person(context)
    let change = try await request.decode(Change.self, nullable: ["languages", "tags"])
    let changed = PersonChange(
      role: try change.role.map(Self.role), isDisabled: change.disabled,
      languages: change.languages, tags: change.tags)
    try await store.change(person.id, changed, by: context.visitor.id)
    return try Reply.json(
      PersonBody(await store.person(person.id), await store.promptFilter(of: person.id)))
  }

  private static func role(_ name: String) throws -> Person.Role {
    guard let role = Person.Role(rawValue: name) else {
      throw WebError.invalid(
        "There is no role “\(name)”. Use labeller, reviewer or admin.", field: "role")
    }
    return role
  }

  private func person(_ context: AppRequestContext) async throws -> Person {
    guard let id = PersonID(try context.parameter("id")) else { throw WebError.notFound }
    return try await store.person(id)
  }
}

private struct PersonBody: Encodable {
  let id: String
  let name: String
  let role: String
  let state: String
  /// True for a judge of an imported file; absent for others.
  let external: Bool?
  /// Nil means all.
  let languages: [String]?
  let tags: [String]?
  let createdAt: Date
  let invitation: String?

  init(_ person: Person, _ specialty: PromptFilter? = nil, invitation: String? = nil) {
    languages = specialty?.languages
    tags = specialty?.tags
    id = person.id.description
    name = person.name
    role = person.role.rawValue
    state = person.isDisabled ? "disabled" : person.hasPassword ? "active" : "invited"
    external = person.isExternal ? true : nil
    createdAt = person.createdAt
    self.invitation = invitation
  }
}
