import Foundation

/// The working folder: where the store, the tasks, the models and the runs live.
package struct Workspace: Sendable, Hashable {
  package let root: URL

  package init(_ path: String) {
    root = URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL
  }

  package var settings: URL { root.appending(path: "plumbline.yaml") }
  package var store: URL { root.appending(path: "plumbline.sqlite") }
  package var tasks: URL { root.appending(path: "tasks", directoryHint: .isDirectory) }
  package var exports: URL { root.appending(path: "exports", directoryHint: .isDirectory) }
  package var models: URL { root.appending(path: "models", directoryHint: .isDirectory) }
  package var runs: URL { root.appending(path: "runs", directoryHint: .isDirectory) }
  package var backups: URL { root.appending(path: "backups", directoryHint: .isDirectory) }

  package var isInitialised: Bool { FileManager.default.fileExists(atPath: store.path) }
}
