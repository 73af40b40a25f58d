import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import Rendering
import WebServer

/// The pages of the event log.
struct AuditPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [Route(.get, "/audit", WorkspacePermission.audit, handler: show)]
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let fields = AuditFields(request)
    let tasks = try await store.tasks(includingArchived: true)
    let people = try await store.people()
    let page = AuditPage(
      try await store.eventPage(
        matching: fields.filter(tasks), before: request.query("before").flatMap(Int64.init)),
      fields: fields, tasks: tasks, people: people,
      wording: Wording(strings: site.strings, now: dependencies.now()))
    return try site.page(page, for: context, layout: LayoutOptions(current: .audit([:])))
  }
}

struct AuditPage: Page {
  static let template = "pages/audit"

  typealias Choice = ReviewPage.Choice

  struct Row: Sendable {
    let id: Int64
    let when: String
    let who: String
    let what: String
    let task: String?
    let taskPath: String?
    let details: String
    let hash: String
  }

  let title: String
  let action: String
  let kinds: [Choice]
  let people: [Choice]
  let tasks: [Choice]
  let isEmpty: Bool
  let hasEvents: Bool
  let events: [Row]
  let nextPath: String?
  let nextLabel: String

  init(
    _ listed: ListPage<NamedEvent, Int64>, fields: AuditFields, tasks: [LabelTask],
    people: [Person], wording: Wording
  ) {
    let strings = wording.strings
    title = strings("audit", "title")
    action = SitePath.audit([:]).string
    let any = Choice(value: "", name: strings("judgements", "any"), selected: false)
    kinds =
      [
        Choice(value: "", name: strings("audit", "withoutLabelling"), selected: false),
        Choice(
          value: AuditFields.everything, name: strings("audit", "everything"),
          selected: fields.kind == AuditFields.everything),
      ]
      + EventKind.allCases.map {
        Choice(
          value: $0.rawValue, name: strings.name(of: $0.rawValue, in: "events"),
          selected: $0.rawValue == fields.kind)
      }
    self.people =
      [any]
      + people.map {
        Choice(
          value: $0.id.description, name: $0.name, selected: $0.id.description == fields.person)
      }
    self.tasks =
      [any]
      + tasks.map {
        Choice(
          value: $0.slug, name: $0.definition.title(in: [strings.language]),
          selected: $0.slug == fields.task)
      }
    events = listed.rows.map { Row($0, tasks: tasks, wording: wording) }
    isEmpty = events.isEmpty
    hasEvents = !isEmpty
    nextPath = listed.next.map { fields.path(before: $0).string }
    nextLabel = strings("judgements", isEmpty ? "lookFurther" : "more")
  }
}

extension AuditPage.Row {
  init(_ named: NamedEvent, tasks: [LabelTask], wording: Wording) {
    let event = named.event
    id = event.id
    when = wording.exact(event.createdAt)
    who = named.personName ?? wording.strings("audit", "commandLine")
    what = wording.strings.name(of: event.kind, in: "events")
    task = named.taskSlug.map { tasks.title(of: $0, in: wording.strings) }
    taskPath = named.taskSlug.map { SitePath.task($0).string }
    details = Self.details(event.payload)
    hash = String(event.hash.prefix(12))
  }

  // Changes of settings have a separate page; here their size would hide the rest.
  private static func details(_ payload: JSONValue) -> String {
    (payload.objectValue ?? [:]).filter { $0.key != "definition" && $0.key != "guidelines" }
      .sorted { $0.key < $1.key }.map { key, value in
        let text = value.stringValue ?? CanonicalJSON.text(value)
        return "\(key): \(key == "sha256" ? String(text.prefix(12)) : text.shortened(to: 120))"
      }.joined(separator: "\n")
  }
}
