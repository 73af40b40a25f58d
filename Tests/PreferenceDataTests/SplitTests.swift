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

  @Test("About the share that was asked for is held out")
  func share() {
    let groups = (0..<4000).map { PromptGroup(rawValue: "\($0)") }
    let plan = SplitPlan(groups: groups, validationShare: 0.15)
    let held = groups.count { plan[$0] == .validation }
    #expect((520...680).contains(held))
  }
}
