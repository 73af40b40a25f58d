import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import WebServer

/// The event log and backups of the store.
struct WorkspaceAPI: RouteGroup {
  let dependencies: ServerDependencies

  private var store: LabelStore { dependencies.store }

  var routes: [Route] {
    [
      .api(
        .get, "/events", WorkspacePermission.audit,
        summary: "Read the event log, newest first: kind=, person=, task=, before=",
        handler: events),
      .api(.get, "/backups", WorkspacePermission.backUp, summary: "List the backups") { _, _ in
        try Reply.json(["backups": dependencies.backups.all()])
      },
      .api(
        .post, "/backups", WorkspacePermission.backUp,
        summary: "Create a backup while the store is in use"
      ) { _, context in
        try Reply.json(
          await dependencies.backups.make(by: context.visitor.id), status: .created)
      },
    ]
  }

  private struct EventBody: Encodable {
    let id: Int64
    let kind: String
    let person: String?
    let task: String?
    let payload: JSONValue
    let createdAt: Date
    let hash: String
  }

  private struct Log: Encodable {
    let events: [EventBody]
    let next: Int64?
  }

  @Sendable private func events(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let limit = try request.limit()
    _ = try request.value("person", PersonID.self)
    let filter = AuditFields(request).filter(try await store.tasks(includingArchived: true))
    let page = try await store.eventPage(
      matching: filter, before: request.value("before", Int64.self), limit: limit)
    return try Reply.json(
      Log(
        events: page.rows.map {
          EventBody(
            id: $0.event.id, kind: $0.event.kind, person: $0.personName, task: $0.taskSlug,
            payload: $0.event.payload, createdAt: $0.event.createdAt, hash: $0.event.hash)
        }, next: page.next))
  }
}
