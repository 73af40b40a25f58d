import Foundation
import Foundations
import Labelling
import PreferenceData

/// Prompts ranked by simulated labellers whose habits are known.
struct SimulatedDataset {
  var habits: [SimulatedLabeller.Habits]
  var prompts: Int
  var overlap = 3
  var answers = 4
  /// How strongly longer answers are truly better.
  var lengthWorth = 0.0
  var seed: UInt64

  /// Each prompt goes to the labellers who have judged least, as the queue deals it out.
  var report: QualityReport { gathering().finish() }

  func gathering() -> QualityGathering {
    var random = RandomStream(seed: seed, .tests)
    var people = habits.enumerated().map {
      SimulatedLabeller($1, random: RandomStream(seed: seed, .simulatedLabeller, $0))
    }
    var gathering = QualityGathering(questions: .standard)
    let order = Array(people.indices)
    for prompt in 0..<prompts {
      let answers = makeAnswers(&random)
      // All groups of labellers meet, where rows in turn would always be the same.
      let start = prompt * overlap % people.count
      let turn = prompt * overlap / people.count
      var deal = random.substream(turn)
      let dealt = deal.shuffled(order)
      let chosen = (0..<overlap).map { dealt[(start + $0) % people.count] }
      let entries = Set(chosen).sorted().map { person in
        entry(person, prompt, answers, &people[person], &random)
      }
      gathering.add(
        JudgedPrompt(
          answers: answers.map { .init(id: $0.key, source: nil, bytes: $0.bytes) },
          entries: entries))
    }
    return gathering
  }

  private func makeAnswers(_ random: inout RandomStream) -> [SimulatedLabeller.Answer] {
    (0..<answers).map { index in
      let length = Double.random(in: 0..<1, using: &random)
      // Two uniform numbers: a score with a standard deviation of 1.
      let quality =
        (Double.random(in: -1..<1, using: &random) + Double.random(in: -1..<1, using: &random))
        * 1.2247
      return .init(
        key: "r\(index)", score: quality + lengthWorth * (length - 0.5),
        bytes: 100 + Int(length * 900))
    }
  }

  private func entry(
    _ person: Int, _ prompt: Int, _ answers: [SimulatedLabeller.Answer],
    _ labeller: inout SimulatedLabeller, _ random: inout RandomStream
  ) -> JudgedPrompt.Entry {
    let shown = random.shuffled(answers)
    var judgement = Judgement()
    judgement.ranking = labeller.ranking(of: shown).map { $0.map(ResponseID.init(rawValue:)) }
    judgement.activeSeconds = labeller.seconds(for: shown)
    return .init(
      labeller: "labeller-\(person + 1)", judgement: judgement, shown: shown.map(\.key),
      madeAt: Int64(prompt) * 60_000)
  }
}

extension SimulatedLabeller.Habits {
  static func honest(_ noise: Double) -> Self {
    var habits = Self()
    habits.noise = noise
    return habits
  }

  static func spam(_ kind: SimulatedLabeller.Spam) -> Self {
    var habits = Self()
    habits.spam = kind
    return habits
  }
}
