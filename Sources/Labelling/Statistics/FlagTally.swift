/// Adds up which labellers set which flags on answers that several judged.
struct FlagTally: Sendable {
  // A mask has a bit for each flag.
  static let mostFlags = 64

  private let flags: [String]
  private var labellers: [Int32] = []
  private var masks: [UInt64] = []
  private var answerEnds: [Int] = []

  init(flags: [String]) {
    self.flags = Array(flags.prefix(Self.mostFlags))
  }

  mutating func add(_ prompt: PlacedPrompt) {
    guard !flags.isEmpty, prompt.entries.count >= 2 else { return }
    for answer in prompt.answers.indices {
      for entry in prompt.entries {
        labellers.append(Int32(entry.labeller))
        masks.append(
          entry.flags(of: answer).reduce(0) { mask, flag in
            flags.firstIndex(of: flag).map { mask | 1 << UInt64($0) } ?? mask
          })
      }
      answerEnds.append(labellers.count)
    }
  }

  /// Fits Dawid and Skene's model to each flag; `labellers` get what is known of them.
  func measure(_ quality: inout [LabellerQuality]) -> [FlagPrevalence] {
    guard !answerEnds.isEmpty else { return [] }
    var answers = [Int](repeating: 0, count: quality.count)
    for labeller in labellers { answers[Int(labeller)] += 1 }
    return flags.enumerated().map { bit, flag in
      let votes = votes(bit)
      let model = DawidSkene.fit(
        votes, items: answerEnds.count, labellers: quality.count, classes: 2)
      for labeller in quality.indices where answers[labeller] > 0 {
        quality[labeller].flags.append(
          FlagReliability(
            flag: flag, answers: answers[labeller],
            sensitivity: model.error(labeller: labeller, truth: 1, given: 1),
            specificity: model.error(labeller: labeller, truth: 0, given: 0)))
      }
      let marked = votes.count { $0.value == 1 }
      return FlagPrevalence(
        flag: flag, answers: answerEnds.count, marked: Double(marked) / Double(votes.count),
        prevalence: model.priors[1])
    }
  }

  private func votes(_ bit: Int) -> [DawidSkene.Vote] {
    var votes: [DawidSkene.Vote] = []
    votes.reserveCapacity(labellers.count)
    var start = 0
    for (answer, end) in answerEnds.enumerated() {
      for index in start..<end {
        votes.append(
          DawidSkene.Vote(
            item: answer, labeller: Int(labellers[index]), value: Int(masks[index] >> bit & 1)))
      }
      start = end
    }
    return votes
  }
}
