import Foundation

/// Limits guessing at passwords. A try is counted when it is granted, before anything is hashed,
/// so that tries sent at the same time cannot all pass.
///
/// Nobody can lock another person out:
/// - one account tried from one address waits longer with each wrong try; that concerns no one else;
/// - an account as a whole, and an address as a whole, give strangers a few tries and then one
///   every some seconds;
/// - a browser that signed in as the person before is not a stranger: it has separate limits.
package actor SignInThrottle {
  /// The client that tries, and the account it tries.
  package struct Applicant: Sendable, Hashable {
    package let account: String
    package let address: String
    /// Whether many people stand behind the address, so that it says nothing about one of them.
    package let isAddressShared: Bool
    /// The browser, when a cookie proves that it signed in to this account before.
    package let knownBrowser: String?

    package init(
      account: String, address: String, isAddressShared: Bool = false, knownBrowser: String? = nil
    ) {
      self.account = account
      self.address = address
      self.isAddressShared = isAddressShared
      self.knownBrowser = knownBrowser
    }

    /// The key that is blocked for longer and longer; nil if that could affect somebody else.
    fileprivate var own: String? {
      if let knownBrowser { return "\(account) in \(knownBrowser)" }
      return isAddressShared ? nil : "\(account) from \(address)"
    }
  }

  /// Tries that may be made at once, and the seconds until there is another.
  package struct Allowance: Sendable {
    let atOnce: Int
    let secondsForOne: TimeInterval

    package init(atOnce: Int, secondsForOne: TimeInterval) {
      self.atOnce = atOnce
      self.secondsForOne = secondsForOne
    }
  }

  private struct Tries {
    var count = 0
    var blockedUntil = Date.distantPast
    var lastAt: Date
  }

  private struct Purse {
    var left: Double
    var at: Date
  }

  private var tries: [String: Tries] = [:]
  private var accounts: [String: Purse] = [:]
  private var addresses: [String: Purse] = [:]
  private let free: Int
  private let longestWait: TimeInterval
  private let perAccount: Allowance
  private let perAddress: Allowance
  private let forgetAfter: TimeInterval = 3600
  private let capacity = 10_000

  package init(
    free: Int = 5, longestWait: TimeInterval = 900,
    perAccount: Allowance = Allowance(atOnce: 10, secondsForOne: 30),
    // Many people share an address: one who forgot a password must not keep a whole office out.
    perAddress: Allowance = Allowance(atOnce: 25, secondsForOne: 10)
  ) {
    self.free = free
    self.longestWait = longestWait
    self.perAccount = perAccount
    self.perAddress = perAddress
  }

  /// Grants a try and counts it, or returns the seconds to wait.
  package func admit(_ applicant: Applicant, now: Date) -> Int? {
    let blocked = applicant.own.flatMap { tries[$0]?.blockedUntil.timeIntervalSince(now) } ?? 0
    // More than the longest wait is a clock that was set back.
    var wait = blocked > longestWait ? 0 : max(0, blocked)
    if applicant.knownBrowser == nil {
      wait = max(
        wait, Self.wait(accounts[applicant.account], perAccount, now),
        Self.wait(addresses[applicant.address], perAddress, now))
    }
    if wait > 0 { return Int(wait.rounded(.up)) }
    if applicant.knownBrowser == nil {
      Self.take(1, from: &accounts[applicant.account], perAccount, now)
      Self.take(1, from: &addresses[applicant.address], perAddress, now)
    }
    if let own = applicant.own { count(own, now) }
    if tries.count + accounts.count + addresses.count > capacity { forgetOldOnes(now) }
    return nil
  }

  /// Undoes the count of a try with the right password, and of the wrong ones before it.
  package func succeeded(_ applicant: Applicant, now: Date) {
    if let own = applicant.own { tries[own] = nil }
    refund(applicant, now)
  }

  /// Undoes the count of a try that was never made.
  package func withdraw(_ applicant: Applicant, now: Date) {
    if let own = applicant.own, var entry = tries[own] {
      entry.count = max(0, entry.count - 1)
      if entry.count < free { entry.blockedUntil = .distantPast }
      tries[own] = entry
    }
    refund(applicant, now)
  }

  private func refund(_ applicant: Applicant, _ now: Date) {
    guard applicant.knownBrowser == nil else { return }
    Self.take(-1, from: &accounts[applicant.account], perAccount, now)
    Self.take(-1, from: &addresses[applicant.address], perAddress, now)
  }

  private func count(_ key: String, _ now: Date) {
    var entry = tries[key] ?? Tries(lastAt: now)
    if now.timeIntervalSince(entry.lastAt) > forgetAfter { entry.count = 0 }
    entry.count += 1
    entry.lastAt = now
    if entry.count >= free {
      let wait = min(longestWait, 5 * pow(2, Double(min(entry.count - free, 12))))
      entry.blockedUntil = now.addingTimeInterval(wait)
    }
    tries[key] = entry
  }

  private static func left(_ purse: Purse?, _ allowance: Allowance, _ now: Date) -> Double {
    // Nor does a clock that was set back keep anyone waiting until it has caught up.
    guard let purse, purse.at <= now else { return Double(allowance.atOnce) }
    let earned = now.timeIntervalSince(purse.at) / allowance.secondsForOne
    return min(Double(allowance.atOnce), purse.left + earned)
  }

  private static func wait(
    _ purse: Purse?, _ allowance: Allowance, _ now: Date
  ) -> TimeInterval {
    max(0, 1 - left(purse, allowance, now)) * allowance.secondsForOne
  }

  private static func take(
    _ count: Double, from purse: inout Purse?, _ allowance: Allowance, _ now: Date
  ) {
    let rest = min(Double(allowance.atOnce), left(purse, allowance, now) - count)
    purse = Purse(left: rest, at: now)
  }

  private func forgetOldOnes(_ now: Date) {
    tries = tries.filter { now.timeIntervalSince($0.value.lastAt) < forgetAfter }
    accounts = accounts.filter {
      Self.left($0.value, perAccount, now) < Double(perAccount.atOnce)
    }
    addresses = addresses.filter {
      Self.left($0.value, perAddress, now) < Double(perAddress.atOnce)
    }
  }
}
