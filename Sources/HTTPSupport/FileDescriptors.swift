import Foundation

/// The descriptors that this process may have open.
package enum FileDescriptors {
  // More than this is never needed, and some programs that we start close each one by one.
  private static let most: rlim_t = 65_536
  private static let mostConnections = 4096

  /// Raises the soft limit to the hard one; returns what may be open now.
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

  /// How many connections leave enough descriptors for the store, files and child processes.
  package static func connections(limit: Int) -> Int {
    min(mostConnections, max(16, limit / 2))
  }
}
