import Foundations
import PreferenceData

/// Draws preference records with ties, gaps and text of every Unicode plane.
struct RandomRecords {
  private var random: RandomStream

  init(seed: UInt64) { random = RandomStream(seed: seed, .tests) }

  mutating func below(_ bound: Int) -> Int { random.below(bound) }

  mutating func text(_ longest: Int = 12) -> String {
    var text = String.UnicodeScalarView()
    text.append("x")
    for _ in 0..<below(longest) {
      let value = below(4) == 0 ? below(0x80) : below(17) << 16 | below(0x10000)
      if let scalar = Unicode.Scalar(UInt32(value)) { text.append(scalar) }
    }
    return String(text)
  }

  private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
    below(2) == 0 ? nil : make(&self)
  }

  mutating func record(number: Int) -> PreferenceRecord {
    let ids = (0..<(2 + below(8))).map { "\(number)-\($0)" }
    let shown = random.shuffled(ids)
    let ranked = shown.filter { _ in below(5) > 0 }
    var judgement = Judgement()
    var ranking: [[ResponseID]] = []
    for id in ranked {
      if below(3) == 0, !ranking.isEmpty {
        ranking[ranking.count - 1].append(ResponseID(rawValue: id))
      } else {
        ranking.append([ResponseID(rawValue: id)])
      }
    }
    var prompt = (0..<(1 + below(3))).map { _ in
      ChatMessage(role: ChatMessage.Role.allCases[below(3)], content: text(40))
    }
    prompt.append(ChatMessage(role: .user, content: "\(number) " + text(40)))
    judgement.ranking = ranking
    for id in ids where below(2) == 0 {
      judgement.ratings[ResponseID(rawValue: id)] = 1 + below(7)
    }
    for id in ids where below(3) == 0 {
      judgement.flags[ResponseID(rawValue: id)] = ["harmful", text()]
    }
    judgement.promptFlags = below(2) == 0 ? [] : [text()]
    judgement.strength = maybe { $0.below(4) }
    judgement.confidence = maybe { $0.below(3) + 1 }
    judgement.rationale = maybe { $0.text(80) }
    judgement.demonstration = maybe { $0.text(80) }
    judgement.activeSeconds = maybe { Double($0.below(100_000)) / 10 }
    // Answers to questions that have no column of their own, in every form.
    judgement["helpfulness"] = .each([ResponseID(rawValue: ids[0]): .number(below(5))])
    judgement["domain"] = maybe { .text($0.text(9)) }
    judgement["topics"] = .marks(below(2) == 0 ? [] : [text()])
    let responses = ids.map { id in
      PreferenceRecord.Response(id: id, text: "\(id) " + text(60), source: maybe { $0.text() })
    }
    return PreferenceRecord(
      task: "helpfulness", promptID: "p\(number)", prompt: prompt, responses: responses,
      judgement: judgement, labeller: "labeller-\(1 + below(5))",
      shownOrder: shown, assignmentSeed: below(1 << 30) << 22 | below(1 << 22),
      revision: 1 + below(3),
      createdAt: "2026-0\(1 + below(9))-1\(below(10))T0\(below(10)):00:00.\(100 + below(900))Z",
      split: maybe { $0.below(2) == 0 ? .train : .validation })
  }
}
