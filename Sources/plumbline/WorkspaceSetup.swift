import EngineJobs
import Foundation
import LabelStore

/// Turns a folder into a workspace. Existing files stay unchanged.
struct WorkspaceSetup {
  let workspace: Workspace
  let admin: String
  /// Whether an existing folder is also closed to other users of the machine.
  var closesFolder = false

  /// The state of the workspace afterwards.
  struct Outcome {
    let store: LabelStore
    let tasks: [String]
    /// A sign-in link, as long as no admin has chosen a password.
    let admin: InvitedAdmin?
  }

  /// The first admin, with the sign-in link and a note about its address.
  struct InvitedAdmin {
    let name: String
    let link: String
    let note: String?
  }

  func run() async throws -> Outcome {
    for folder in [
      workspace.root, workspace.tasks, workspace.exports, workspace.models, workspace.runs,
      workspace.backups,
    ] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    if closesFolder {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o700], ofItemAtPath: workspace.root.path)
    }
    if !FileManager.default.fileExists(atPath: workspace.settings.path) {
      try Data(WorkspaceSettings.template.utf8).write(to: workspace.settings)
    }
    let store = try LabelStore.open(path: workspace.store.path)
    for folder in try taskFolders() { try await store.addTask(from: folder) }
    return Outcome(
      store: store, tasks: try await store.tasks().map(\.slug),
      admin: try await invitedAdmin(store))
  }

  private func taskFolders() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: workspace.tasks, includingPropertiesForKeys: nil
    ).filter {
      FileManager.default.fileExists(atPath: $0.appending(path: "task.yaml").path)
    }.sorted { $0.path < $1.path }
  }

  private func invitedAdmin(_ store: LabelStore) async throws -> InvitedAdmin? {
    let admins = try await store.people().filter { $0.role == .admin && !$0.isDisabled }
    if admins.contains(where: \.hasPassword) { return nil }
    let settings = try WorkspaceSettings(
      file: workspace.settings, environment: ProcessInfo.processInfo.environment)
    let person: Person
    if let first = admins.first {
      person = first
    } else {
      person = try await store.addPerson(named: admin, role: .admin)
    }
    return InvitedAdmin(
      name: person.name, link: try await store.invite(person, settings: settings),
      note: settings.linkNote)
  }
}
