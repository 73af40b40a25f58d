import Foundation

/// The limit on file descriptors of this process.
package enum FileDescriptors {
  // More is never needed, and some child processes close every possible descriptor one by one.
  private static let most: rlim_t = 65_536
  private static let mostConnections = 4096

  /// Raises the soft limit to the hard limit; returns the new limit.
  @discardableResult
  package static func raiseLimit() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 1024 }
    let wanted = min(limit.rlim_max, most)
    if limit.rlim_cur < wanted {
      limit.rlim_cur = wanted
      setrlimit(resource, &limit)
      getrlimit(resource, &limit)
    }
    return Int(min(limit.rlim_cur, most))
  }

  /// The number of connections that leaves enough descriptors for the store, files and children.
  package static func connections(limit: Int) -> Int {
    min(mostConnections, max(16, limit / 2))
  }
}
