import Foundations

/// The shares that datasets have in an epoch.
package struct DatasetMix: Sendable, Equatable {
  /// The share of each file, nil for a file that is used once and whole. Empty: all files are.
  package var shares: [Double?]

  package init(shares: [Double?]) { self.shares = shares }

  /// The most examples of an epoch.
  private static let limit = 100_000_000

  /// Plans epochs over examples whose files are `files`, counted from 0.
  ///
  /// Files with a share `w` get `w` of the epoch. The files that are used whole fill the rest, so
  /// they set its length; without such files, the shares are scaled to add up to 1 and an epoch has
  /// as many examples as there are. Throws `badSetting` if nothing is left for the whole files.
  package func plan(files: [Int]) throws -> EpochPlan {
    var members = shares.indices.map { _ in [Int]() }
    guard !shares.isEmpty else { return EpochPlan(whole: files.count) }
    for (index, file) in files.enumerated() where members.indices.contains(file) {
      members[file].append(index)
    }
    let total = shares.compactMap(\.self).reduce(0, +)
    let whole = zip(shares, members).filter { $0.0 == nil }.reduce(0) { $0 + $1.1.count }
    if shares.contains(nil) {
      try require(
        "mix", text, total < 1, "shares that leave a part of the epoch to the files “all”")
    }
    let scale = shares.contains(nil) ? Double(whole) / (1 - total) : Double(files.count) / total
    let parts = try zip(shares, members).map { share, members -> EpochPlan.Part in
      guard let share else { return EpochPlan.Part(examples: members, count: members.count) }
      let count = (share * scale).rounded()
      try require(
        "mix", text, count <= Double(Self.limit), "an epoch of at most \(Self.limit) examples")
      return EpochPlan.Part(examples: members, count: members.isEmpty ? 0 : max(Int(count), 1))
    }
    return EpochPlan(parts: parts)
  }

  private var text: String {
    shares.map { $0.map { String($0) } ?? "all" }.joined(separator: "+")
  }
}

/// The examples of each epoch.
package struct EpochPlan: Sendable {
  struct Part: Sendable {
    /// Positions of a file's examples.
    let examples: [Int]
    /// The number of them in each epoch.
    let count: Int
  }

  let parts: [Part]

  init(parts: [Part]) { self.parts = parts }

  /// All of `count` examples, once in each epoch.
  init(whole count: Int) { parts = [Part(examples: Array(0..<count), count: count)] }

  /// Examples of an epoch.
  package var length: Int { parts.reduce(0) { $0 + $1.count } }

  /// Returns the positions of an epoch's examples; nil if its number is too large to count with.
  ///
  /// If a file has more examples than an epoch draws, the next epoch continues with those that are
  /// left. If it has fewer, all of them are repeated equally often.
  package func order(epoch: Int, random: RandomStream, shuffles: Bool) -> [Int]? {
    var order: [Int] = []
    order.reserveCapacity(length)
    for (number, part) in parts.enumerated() {
      if part.count == part.examples.count {
        order += part.examples
        continue
      }
      let (start, overflows) = epoch.multipliedReportingOverflow(by: part.count)
      guard !overflows, start.addingReportingOverflow(part.count).overflow == false else {
        return nil
      }
      order += draws(part, from: start, random: random.substream(number), shuffles: shuffles)
    }
    var random = random.substream(epoch)
    return shuffles ? random.shuffled(order) : order
  }

  /// Returns the draws `start..<start + count` of the sequence of all passes over a file.
  private func draws(
    _ part: Part, from start: Int, random: RandomStream, shuffles: Bool
  ) -> [Int] {
    let size = part.examples.count
    guard size > 0 else { return [] }
    var pass = -1
    var examples: [Int] = []
    return (start..<(start + part.count)).map { draw in
      if draw / size != pass {
        pass = draw / size
        var random = random.substream(pass)
        examples = shuffles ? random.shuffled(part.examples) : part.examples
      }
      return examples[draw % size]
    }
  }
}
