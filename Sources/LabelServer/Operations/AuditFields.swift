import Hummingbird
import LabelStore
import WebServer

/// The filter of the log as the fields of its address.
struct AuditFields {
  /// Instead of a kind: everything.
  static let everything = "all"

  let kind: String
  let person: String
  let task: String

  init(_ request: Request) {
    kind = request.query("kind") ?? ""
    person = request.query("person") ?? ""
    task = request.query("task") ?? ""
  }

  func filter(_ tasks: [LabelTask]) -> EventFilter {
    EventFilter(
      task: tasks.first { $0.slug == task }?.id, kind: EventKind(rawValue: kind),
      person: PersonID(person), leavesOutLabelling: kind.isEmpty)
  }

  func path(before cursor: Int64?) -> SitePath {
    .audit([
      "kind": kind, "person": person, "task": task, "before": cursor.map(String.init) ?? "",
    ])
  }
}
