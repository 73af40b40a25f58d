import Foundation
import WebServer

extension SiteFiles {
  /// Reads the templates and assets bundled with this target, or those of a folder during
  /// development.
  package init(folder: URL? = nil) throws {
    try self.init(bundle: Bundle.module.bundleURL, folder: folder)
  }
}
