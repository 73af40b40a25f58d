import Labelling
import Testing

@Suite("Spam")
struct SpamTests {
  static let honest = Set((1...12).map { "labeller-\($0)" })

  /// Twelve honest labellers of differing skill and three spammers of one kind, 30 prompts each.
  ///
  /// The honest ones agree with each other about as often as InstructGPT's labellers did (73 %).
  static func dataset(_ kind: SimulatedLabeller.Spam, seed: Int) -> SimulatedDataset {
    let noises: [Double] = [0.3, 0.4, 0.5, 0.5, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8, 0.9, 1.0]
    return SimulatedDataset(
      habits: noises.map { .honest($0) } + Array(repeating: .spam(kind), count: 3),
      prompts: 150, overlap: 3, lengthWorth: 1, seed: UInt64(seed))
  }

  @Test(
    "Spammers are found within 30 prompts: at least 95 % of them, and at most 5 % of the honest",
    arguments: SimulatedLabeller.Spam.allCases)
  func rates(kind: SimulatedLabeller.Spam) {
    var found = 0
    var spammers = 0
    var wronged = 0
    var honest = 0
    for seed in 1...40 {
      for labeller in Self.dataset(kind, seed: seed).gathering().labellerQualities() {
        #expect(labeller.judgements == 30)
        if Self.honest.contains(labeller.labeller) {
          honest += 1
          if labeller.spam.isSuspected { wronged += 1 }
        } else {
          spammers += 1
          if labeller.spam.isSuspected { found += 1 }
        }
      }
    }

    #expect(spammers == 120 && honest == 480)
    #expect(Double(found) / 120 >= 0.95, "\(kind): \(found) of 120 found")
    #expect(Double(wronged) / 480 <= 0.05, "\(kind): \(wronged) of 480 wronged")
  }

  @Test("Each kind of spam is told by its reason")
  func reasons() {
    let reasons: [SimulatedLabeller.Spam: SpamVerdict.Reason] = [
      .random: .chance, .first: .position, .longest: .length, .constant: .position,
    ]
    for (kind, reason) in reasons {
      let report = Self.dataset(kind, seed: 7).report
      #expect(report.labellers[12].spam.reasons.contains(reason), "\(kind)")
    }
  }

  @Test("Where everybody is honest, hardly anybody is suspected, however many judgements")
  func honest() {
    var wronged = 0
    for seed in 1...5 {
      let report = SimulatedDataset(
        habits: [0.3, 0.5, 0.7, 0.9, 1.1].map { .honest($0) }, prompts: 500, lengthWorth: 1,
        seed: UInt64(seed)
      ).report
      wronged += report.labellers.count { $0.spam.isSuspected }
    }
    #expect(wronged == 0)
  }

  @Test("Where all rank by length, length is what is right")
  func lengthIsRight() {
    let report = SimulatedDataset(
      habits: [0.3, 0.3, 0.3, 0.3].map { .honest($0) }, prompts: 100, lengthWorth: 30, seed: 2
    ).report

    #expect(report.labellers.allSatisfy { !$0.spam.isSuspected })
  }

  @Test("Nobody is suspected of chance where nobody can be compared, or after a few prompts")
  func tooLittle() {
    let alone = SimulatedDataset(
      habits: [.honest(0.5), .spam(.random)], prompts: 60, overlap: 1, seed: 1
    ).report
    let few = SimulatedDataset(
      habits: [.honest(0.5), .honest(0.5), .honest(2)], prompts: 4, seed: 1
    ).report

    #expect(alone.labellers.allSatisfy { !$0.spam.isSuspected })
    #expect(few.labellers.allSatisfy { !$0.spam.isSuspected })
  }

  @Test("One who is quicker than anybody can read is suspected")
  func hurried() throws {
    var quick = SimulatedLabeller.Habits.honest(0.3)
    quick.bytesPerSecond = 3000
    let report = SimulatedDataset(
      habits: [.honest(0.3), .honest(0.3), quick], prompts: 40, seed: 3
    ).report

    #expect(report.labellers.map(\.spam.reasons) == [[], [], [.hurried]])
    #expect(try #require(report.labellers[2].speed.hurried).value > 0.8)
    #expect(try #require(report.labellers[0].speed.hurried).value == 0)
    #expect(try #require(report.labellers[0].speed.medianSeconds) > 20)
  }
}
