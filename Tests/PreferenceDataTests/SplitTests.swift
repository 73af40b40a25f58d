import PreferenceData
import Testing

@Suite("Prompt groups and splits")
struct SplitTests {
  @Test(
    "Near-duplicates share a group",
    arguments: [
      ("What is the capital of France?", "what is the  capital of france", true),
      ("Rome?", "Rome!", true),
      ("Café", "Cafe\u{301}", true),
      ("What is 2+2?", "What is 2+3?", false),
      ("?!", "!?", false),
      ("🙂", "🙃", false),
    ])
  func groups(left: String, right: String, same: Bool) {
    func group(_ text: String) -> PromptGroup {
      PromptGroup(of: [ChatMessage(role: .user, content: text)])
    }
    #expect((group(left) == group(right)) == same)
  }

  @Test("With two groups or more neither side is empty", arguments: 2...40)
  func bothSides(count: Int) {
    let groups = (0..<count).map { number in
      PromptGroup(of: [ChatMessage(role: .user, content: "prompt \(number) of \(count)")])
    }
    for share in [0.01, 0.15, 0.99] {
      let plan = SplitPlan(groups: groups, validationShare: share)
      #expect(Set(groups.map { plan[$0] }) == [.train, .validation])
    }
  }

  private static func groups(_ count: Int, from first: Int = 0) -> [PromptGroup] {
    (first..<(first + count)).map { PromptGroup(rawValue: "\($0)") }
  }

  @Test(
    "A small task holds out exactly the rounded share, and never all or nothing",
    arguments: [
      (20, 0.15, 3), (2, 0.15, 1), (3, 0.15, 1), (10, 0.15, 2), (199, 0.15, 30), (20, 0.5, 10),
      (20, 0.001, 1), (20, 0.999, 19), (20, 0, 0), (20, 1, 20), (1, 0.15, 0), (0, 0.15, 0),
    ])
  func exact(count: Int, share: Double, held: Int) {
    let groups = Self.groups(count)
    let plan = SplitPlan(groups: groups, validationShare: share)
    #expect(groups.count { plan[$0] == .validation } == held)
    #expect(plan.rule == (share > 0 && share < 1 ? .count : .hash))
  }

  @Test("A further prompt moves at most one other prompt of a small task", arguments: 2...198)
  func growth(count: Int) {
    let groups = Self.groups(count, from: 7)
    let before = SplitPlan(groups: groups)
    let after = SplitPlan(groups: groups + [PromptGroup(rawValue: "one more")])
    #expect(groups.count { before[$0] != after[$0] } <= 1)
  }

  @Test("In a large task the hash alone decides, so nothing moves")
  func large() {
    let groups = Self.groups(SplitPlan.largeTask)
    let before = SplitPlan(groups: groups)
    let after = SplitPlan(groups: groups + Self.groups(500, from: 1000))
    #expect(before.rule == .hash && after.rule == .hash)
    #expect(groups.allSatisfy { before[$0] == after[$0] })
    #expect(groups.allSatisfy { before[$0] == ($0.share < 0.15 ? .validation : .train) })
    // Repetitions of a group do not make a task large.
    let few = SplitPlan(groups: (0..<500).map { PromptGroup(rawValue: "\($0 % 20)") })
    #expect(few.rule == .count)
  }

  @Test("About the share that was asked for is held out")
  func share() {
    let groups = (0..<4000).map { PromptGroup(rawValue: "\($0)") }
    let plan = SplitPlan(groups: groups, validationShare: 0.15)
    let held = groups.count { plan[$0] == .validation }
    #expect((520...680).contains(held))
  }
}
