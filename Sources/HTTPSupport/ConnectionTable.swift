import NIOCore
import Synchronization

/// The open connections, and which of them to close when there are too many.
///
/// A connection costs a descriptor, and a server without free descriptors answers nobody. So when the
/// table is full, a new connection replaces a dispensable one: one that waits for a
/// request, then one whose client does not read, then one whose request is still coming. Requests that
/// are being answered are never broken off; if there are nothing but these, the newcomer is closed.
package final class ConnectionTable: Sendable {
  /// The activity of a connection, the most dispensable first.
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

  /// Notes a new connection, and closes one when there are too many; false when it is the new one
  /// that has to go.
  package func opened(_ channel: any Channel, at now: NIODeadline) -> Bool {
    let (isAdmitted, dispensable) = entries.withLock { entries in
      var dispensable: (any Channel)?
      if entries.count >= limit {
        // Leaves at once, so that the next newcomer does not choose it again.
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
