import ArgumentParser
import EngineJobs
import Foundation
import LabelStore

struct Init: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create a workspace with its first admin and the tasks in tasks/.")

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Folder of the workspace (default: --workspace).") var folder: String?
  @Option(help: ArgumentHelp("Name of the first admin (default: admin).", valueName: "name"))
  var admin = "admin"

  struct Result: Encodable {
    let workspace: String
    let tasks: [String]
    let admin: String?
    let invitation: String?
  }

  func run() async throws {
    let workspace = folder.map { Workspace($0) } ?? shared.workspacePaths
    let prepared = try await WorkspaceSetup(
      workspace: workspace, admin: admin, closesFolder: true
    ).run()
    try shared.console.result(
      Result(
        workspace: workspace.root.path, tasks: prepared.tasks, admin: prepared.admin?.name,
        invitation: prepared.admin?.link))
    shared.console.say(
      "Workspace ready in \(workspace.root.path), closed to other users of this machine")
    if !prepared.tasks.isEmpty {
      shared.console.say("Tasks: \(prepared.tasks.joined(separator: ", "))")
    }
    if let admin = prepared.admin {
      shared.console.say("Sign in as \(admin.name) with this link, once the server runs:")
      shared.console.say("  \(admin.link)")
      if let note = admin.note { shared.console.say(note) }
    }
    shared.console.next(prepared.tasks.isEmpty ? Console.firstTask : "plumbline serve")
  }
}
