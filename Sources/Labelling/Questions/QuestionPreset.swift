/// Questions of published data sets: `questions: helpsteer2` in task.yaml.
public enum QuestionPreset: String, Sendable, Hashable, CaseIterable {
  /// A ranking with ties and four flags.
  case plumbline
  /// Ouyang et al., Training language models to follow instructions (2022), appendix B.
  case instructGPT = "instructgpt"
  /// Wang et al., HelpSteer2 (2024): five scales from 0 to 4; the preference as in HelpSteer2-
  /// Preference (2024), from −3 to 3.
  case helpSteer2 = "helpsteer2"
  /// Cui et al., UltraFeedback (2023): four scales from 1 to 5 for up to four answers.
  case ultraFeedback = "ultrafeedback"
  /// Bai et al., Training a helpful and harmless assistant (2022): which of two is better.
  case hh

  public var questions: Questions {
    switch self {
    case .plumbline: .standard
    case .instructGPT:
      Questions([
        .ranking(), .scale("rating", 1...7, required: true),
        .flags(FlagPreset.instructGPT.answerFlags),
        .flags(FlagPreset.instructGPT.promptFlags, id: "promptFlags"),
      ])
    case .helpSteer2:
      Questions(
        Self.aspects(
          ["helpfulness", "correctness", "coherence", "complexity", "verbosity"], 0...4)
          + Self.pair(bothBad: false))
    case .ultraFeedback:
      Questions(
        Self.aspects(
          ["instruction_following", "truthfulness", "honesty", "helpfulness"], 1...5)
          + [.text("rationale")])
    case .hh: Questions(Self.pair(bothBad: true))
    }
  }

  private static func aspects(_ ids: [String], _ range: ClosedRange<Int>) -> [Question] {
    ids.map { id in
      .scale(
        id, range, scope: .response, required: true,
        title: (id.prefix(1).uppercased() + id.dropFirst()).replacing("_", with: " "))
    }
  }

  private static func pair(bothBad: Bool) -> [Question] {
    [.ranking(), .preference(required: true, bothBad: bothBad)]
  }
}
