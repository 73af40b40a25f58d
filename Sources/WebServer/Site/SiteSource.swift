import Foundation
import Logging
import Synchronization

/// The files of the site: those bundled with the program, or those of a folder that is being worked
/// on, which are read again whenever one of them changes.
final class SiteSource: Sendable {
  private struct State {
    var files: SiteFiles
    var changed: Date
  }

  private let state: Mutex<State>
  private let logger = Logger(label: "plumbline.site")

  init(_ files: SiteFiles) {
    state = Mutex(State(files: files, changed: files.folder.map(Self.lastChange) ?? .distantPast))
  }

  /// Returns the current files. A folder that cannot be read, such as one with a half-written
  /// template, leaves the files as they were.
  var files: SiteFiles {
    state.withLock { state in
      guard let folder = state.files.folder else { return state.files }
      let changed = Self.lastChange(in: folder)
      guard changed != state.changed else { return state.files }
      state.changed = changed
      do {
        state.files = try SiteFiles(bundle: folder, folder: folder)
      } catch {
        logger.error("The changed pages could not be read", metadata: ["reason": "\(error)"])
      }
      return state.files
    }
  }

  private static func lastChange(in folder: URL) -> Date {
    let files = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.contentModificationDateKey])
    var latest = Date.distantPast
    while let file = files?.nextObject() as? URL {
      let values = try? file.resourceValues(forKeys: [.contentModificationDateKey])
      latest = max(latest, values?.contentModificationDate ?? .distantPast)
    }
    return latest
  }
}
