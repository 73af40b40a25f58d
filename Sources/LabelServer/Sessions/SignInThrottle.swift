import Foundation

/// Slows guessing down: after a few wrong tries, an account or an address has to wait.
package actor SignInThrottle {
  private struct Tries {
    var count: Int
    var blockedUntil: Date
    var lastAt: Date
  }

  private var tries: [String: Tries] = [:]
  private let free: Int
  private let longestWait: TimeInterval
  private let forgetAfter: TimeInterval = 3600
  private let capacity = 10_000

  package init(free: Int = 5, longestWait: TimeInterval = 900) {
    self.free = free
    self.longestWait = longestWait
  }

  /// Seconds to wait before any of these keys may try again, or nil.
  package func wait(for keys: [String], now: Date) -> Int? {
    let until = keys.compactMap { tries[$0]?.blockedUntil }.max() ?? .distantPast
    return until > now ? Int(until.timeIntervalSince(now).rounded(.up)) : nil
  }

  package func failed(_ keys: [String], now: Date) {
    if tries.count > capacity {
      tries = tries.filter { now.timeIntervalSince($0.value.lastAt) < forgetAfter }
    }
    for key in keys {
      var entry = tries[key] ?? Tries(count: 0, blockedUntil: .distantPast, lastAt: now)
      if now.timeIntervalSince(entry.lastAt) > forgetAfter { entry.count = 0 }
      entry.count += 1
      entry.lastAt = now
      if entry.count >= free {
        let wait = min(longestWait, 5 * pow(2, Double(min(entry.count - free, 12))))
        entry.blockedUntil = now.addingTimeInterval(wait)
      }
      tries[key] = entry
    }
  }

  package func succeeded(_ key: String) {
    tries[key] = nil
  }
}
