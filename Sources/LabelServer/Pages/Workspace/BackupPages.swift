import Foundation
import Hummingbird
import LabelStore
import Rendering
import WebServer

/// Copies of the store: made while people work, listed, fetched.
struct BackupPages: RouteGroup {
  let dependencies: ServerDependencies
  let site: Site

  private var backups: Backups { dependencies.backups }

  var routes: [Route] {
    [
      Route(.get, "/backups", WorkspacePermission.backUp) { request, context in
        try await page(context, made: request.query("made"))
      },
      Route(.post, "/backups", WorkspacePermission.backUp) { _, context in
        let made = try await backups.make(by: context.visitor.id)
        return Reply.goTo(.madeBackup(made.name))
      },
      Route(.get, "/backups/{file}", WorkspacePermission.backUp) { _, context in
        let name = try context.parameter("file")
        guard let file = backups.file(named: name) else { throw WebError.notFound }
        return try await Reply.file(at: file.path, type: "application/vnd.sqlite3", named: name)
      },
    ]
  }

  /// The last event of the log in a backup, as it was noted when the copy was made.
  private func head(of name: String?) async throws -> String? {
    guard let name else { return nil }
    return try await dependencies.store.events(matching: EventFilter(kind: .backupMade)).lazy
      .map(\.event.payload).first { $0["name"]?.stringValue == name }?["head"]?.stringValue
  }

  private func page(_ context: AppRequestContext, made: String?) async throws -> Response {
    let wording = Wording(strings: site.strings, now: dependencies.now())
    let all = backups.all()
    let head = try await head(of: made)
    let page = BackupsPage(
      title: site.strings("backups", "title"), action: SitePath.backups.string,
      made: made.flatMap { name in all.contains { $0.name == name } ? name : nil }.map {
        site.strings("backups", "made", ["name": $0])
      }, head: head.map { site.strings("backups", "head", ["head": $0]) }, isEmpty: all.isEmpty,
      hasBackups: !all.isEmpty,
      backups: all.map {
        .init(
          name: $0.name, size: wording.bytes($0.bytes), when: wording.exact($0.madeAt),
          path: SitePath.backup($0.name).string)
      },
      restore: """
        plumbline restore backups/\(all.first?.name ?? "NAME.sqlite") --workspace NEW-FOLDER
        plumbline verify --workspace NEW-FOLDER
        """)
    return try site.page(page, for: context, layout: LayoutOptions(current: .backups))
  }
}

struct BackupsPage: Page {
  static let template = "pages/backups"

  struct Row: Sendable {
    let name: String
    let size: String
    let when: String
    let path: String
  }

  let title: String
  let action: String
  let made: String?
  let head: String?
  let isEmpty: Bool
  let hasBackups: Bool
  let backups: [Row]
  let restore: String
}
