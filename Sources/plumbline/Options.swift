import ArgumentParser
import EngineJobs
import Foundation
import LabelStore

/// The options that every command takes.
struct SharedOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The workspace folder (also PLUMBLINE_WORKSPACE; default: the current folder).",
      valueName: "dir"))
  var workspace: String?

  @Flag(help: "Print the result as one line of JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors and, with --json, the result.")
  var quiet = false

  var console: Console { Console(json: json, quiet: quiet) }

  var folder: String {
    workspace ?? ProcessInfo.processInfo.environment["PLUMBLINE_WORKSPACE"] ?? "."
  }
}

extension SharedOptions {
  var workspacePaths: Workspace { Workspace(folder) }

  /// Opens the workspace's store. Throws `Failure` with the command that creates one.
  func openStore() throws -> LabelStore {
    let workspace = workspacePaths
    guard workspace.isInitialised else {
      throw Failure(
        .unavailable,
        """
        There is no workspace in \(workspace.root.path).
        Create one with: plumbline init\(folder == "." ? "" : " \(folder)")
        """)
    }
    return try LabelStore.open(path: workspace.store.path)
  }

  /// The settings of the workspace. Flags override the environment, which overrides the file.
  func settings() throws -> WorkspaceSettings {
    try WorkspaceSettings(
      file: workspacePaths.settings, environment: ProcessInfo.processInfo.environment)
  }
}
