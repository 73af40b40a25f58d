import Foundation
import Hummingbird
import LabelStore
import Rendering
import WebServer

/// Adding people, giving them links, locking them out and letting them in again.
struct PeoplePages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      Route(.get, "/people", PeoplePermission.manage) { _, context in try await page(context) },
      Route(.post, "/people", PeoplePermission.manage, handler: create),
      Route(.post, "/people/{id}/role", PeoplePermission.manage, handler: changeRole),
      Route(
        .post, "/people/{id}/prompt-filter", PeoplePermission.manage, handler: changePromptFilter),
      Route(.post, "/people/{id}/access", PeoplePermission.manage) { _, context in
        try await change(person(context), .enabled, context)
      },
      Route(.post, "/people/{id}/access/withdrawal", PeoplePermission.manage) { _, context in
        try await change(person(context), .disabled, context)
      },
      Route(.post, "/people/{id}/invitation", PeoplePermission.manage, handler: invite),
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let form = try await request.form()
    guard let name = form.filled("name") else {
      return try await page(context, problem: site.strings("people", "nameNeeded"))
    }
    guard let role = Person.Role(rawValue: form["role"]) else {
      throw WebError.badRequest("Choose one of the roles.", field: "role")
    }
    do {
      let person = try await store.addPerson(named: name, role: role, by: context.visitor.id)
      return try await page(context, invitation: link(for: person, request, context))
    } catch LabelStoreError.nameTaken {
      return try await page(context, problem: site.strings("people", "nameTaken"))
    } catch LabelStoreError.badName(let problem) {
      return try await page(context, problem: problem.message(in: site.strings))
    }
  }

  @Sendable private func changeRole(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let form = try await request.form()
    guard let role = Person.Role(rawValue: form["role"]) else {
      throw WebError.badRequest("Choose one of the roles.", field: "role")
    }
    return try await change(person(context), .role(role), context)
  }

  @Sendable private func changePromptFilter(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let form = try await request.form()
    let filter = PromptFilter(
      languages: Self.list(form["languages"]), tags: Self.list(form["tags"]))
    return try await change(person(context), .promptFilter(filter), context)
  }

  private func change(
    _ person: Person, _ change: PersonChange, _ context: AppRequestContext
  ) async throws -> Response {
    do {
      try await store.change(person.id, change, by: context.visitor.id)
    } catch LabelStoreError.notYourself {
      return try await page(context, problem: site.strings("people", "notYourself"))
    }
    return Reply.goTo(.people)
  }

  /// Splits a comma-separated field; nil when it is empty.
  private static func list(_ text: String) -> [String]? {
    let values = text.split(whereSeparator: { ",，、;".contains($0) })
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return values.isEmpty ? nil : values
  }

  @Sendable private func invite(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let person = try await person(context)
    return try await page(context, invitation: link(for: person, request, context))
  }

  private func person(_ context: AppRequestContext) async throws -> Person {
    guard let id = PersonID(try context.parameter("id")) else { throw WebError.notFound }
    return try await store.person(id)
  }

  private func link(
    for person: Person, _ request: Request, _ context: AppRequestContext
  ) async throws -> PeoplePage.Invitation {
    .init(
      lead: site.strings(
        "people", person.hasPassword ? "resetLink" : "invited", ["name": person.name]),
      link: try await dependencies.invite(person, request, context))
  }

  private func page(
    _ context: AppRequestContext, invitation: PeoplePage.Invitation? = nil, problem: String? = nil
  ) async throws -> Response {
    let strings = site.strings
    let specialties = try await store.promptFilters()
    let kinds = try await store.promptKinds()
    var rows: [PeoplePage.Row] = []
    for person in try await store.people() where !person.isExternal {
      let judged = try await store.judgementCount(
        of: person.id, since: .init(timeIntervalSince1970: 0))
      rows.append(
        .init(
          person, judged: judged, isYou: person.id == context.visitor.id,
          specialty: specialties[person.id] ?? PromptFilter(), strings))
    }
    let page = PeoplePage(
      title: strings("people", "title"), problem: problem, invitation: invitation,
      action: SitePath.people.string,
      roles: PeoplePage.RoleChoice.all(strings, chosen: .labeller),
      knownLanguages: kinds.languages ?? [], knownTags: kinds.tags ?? [], people: rows)
    var response = try site.page(page, for: context, layout: LayoutOptions(current: .people))
    if problem != nil { response.status = .unprocessableContent }
    return response
  }
}

struct PeoplePage: Page {
  static let template = "pages/people"

  struct Invitation: Sendable {
    let lead: String
    let link: String
  }

  struct RoleChoice: Sendable {
    let value: String
    let name: String
    let selected: Bool

    static func all(_ strings: Translations, chosen: Person.Role) -> [RoleChoice] {
      Person.Role.allCases.map {
        RoleChoice(
          value: $0.rawValue, name: strings("roles", $0.rawValue), selected: $0 == chosen)
      }
    }
  }

  struct Row: Sendable {
    let name: String
    let role: String
    /// Empty where the role cannot be changed.
    let roleChoices: [RoleChoice]
    let canChangeRole: Bool
    let roleLabel: String
    let state: String
    let stateClass: String
    let judgements: String
    let invitationPath: String
    let rolePath: String
    let filterPath: String
    let accessPath: String
    let withdrawalPath: String
    let canInvite: Bool
    let canDisable: Bool
    let canEnable: Bool
    /// Which prompts they get, in few words.
    let takes: String
    let languages: String
    let languagesLabel: String
    let tags: String
    let tagsLabel: String

    init(
      _ person: Person, judged: Int, isYou: Bool, specialty: PromptFilter, _ strings: Translations
    ) {
      let kinds = (specialty.languages ?? []) + (specialty.tags ?? [])
      takes = kinds.isEmpty ? strings("people", "everything") : strings.list(kinds)
      languages = (specialty.languages ?? []).joined(separator: ", ")
      tags = (specialty.tags ?? []).joined(separator: ", ")
      languagesLabel = strings("people", "languagesOf", ["name": person.name])
      tagsLabel = strings("people", "tagsOf", ["name": person.name])
      name = person.name
      role = strings("roles", person.role.rawValue)
      canChangeRole = !isYou && !person.isDisabled
      roleChoices = canChangeRole ? RoleChoice.all(strings, chosen: person.role) : []
      roleLabel = strings("people", "roleOf", ["name": person.name])
      let known = person.isDisabled ? "disabled" : person.hasPassword ? "active" : "invitedState"
      state = strings("people", known)
      stateClass = person.isDisabled ? "bad" : person.hasPassword ? "good" : "warn"
      judgements = judged.formatted()
      invitationPath = SitePath.invitationOf(person: person.id.description).string
      rolePath = SitePath.roleOf(person: person.id.description).string
      filterPath = SitePath.promptFilterOf(person: person.id.description).string
      accessPath = SitePath.accessOf(person: person.id.description).string
      withdrawalPath = SitePath.accessWithdrawal(person: person.id.description).string
      canInvite = !person.isDisabled
      canDisable = !person.isDisabled && !isYou
      canEnable = person.isDisabled
    }
  }

  let title: String
  let problem: String?
  let invitation: Invitation?
  let action: String
  let roles: [RoleChoice]
  let knownLanguages: [String]
  let knownTags: [String]
  let people: [Row]
}
