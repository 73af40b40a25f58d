import NIOCore
import Synchronization

/// The open connections, with the rule for closing one when there are too many.
///
/// A connection costs a descriptor, and a server without free descriptors cannot answer. When the
/// table is full, a new connection replaces an idle one, else one whose client does not read, else one
/// whose request is still arriving. Requests being answered are never interrupted; when there are no
/// others, the new connection is closed.
package final class ConnectionTable: Sendable {
  /// The state of a connection; the first are closed first.
  package enum Phase: Int, Sendable {
    case waiting, stalled, receiving, answering
  }

  private struct Entry {
    let channel: any Channel
    var phase: Phase
    var since: NIODeadline
  }

  package let limit: Int
  private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

  package init(limit: Int) {
    self.limit = max(limit, 1)
  }

  package var count: Int { entries.withLock(\.count) }

  /// Adds a connection, and closes one when there are too many; false when that is the new one.
  package func opened(_ channel: any Channel, at now: NIODeadline) -> Bool {
    let (isAdmitted, dispensable) = entries.withLock { entries in
      var dispensable: (any Channel)?
      if entries.count >= limit {
        // Removed at once, so that the next connection does not choose it again.
        let chosen = entries.lazy.filter { $0.value.phase != .answering }.min {
          ($0.value.phase.rawValue, $0.value.since) < ($1.value.phase.rawValue, $1.value.since)
        }
        guard let chosen else { return (false, dispensable) }
        dispensable = chosen.value.channel
        entries[chosen.key] = nil
      }
      entries[ObjectIdentifier(channel)] = Entry(channel: channel, phase: .waiting, since: now)
      return (true, dispensable)
    }
    dispensable?.close(promise: nil)
    return isAdmitted
  }

  package func moved(_ channel: any Channel, to phase: Phase, at now: NIODeadline) {
    entries.withLock { entries in
      entries[ObjectIdentifier(channel)]?.phase = phase
      entries[ObjectIdentifier(channel)]?.since = now
    }
  }

  package func closed(_ channel: any Channel) {
    entries.withLock { $0[ObjectIdentifier(channel)] = nil }
  }
}
