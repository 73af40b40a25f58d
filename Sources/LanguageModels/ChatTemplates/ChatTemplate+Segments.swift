import Foundation

extension ChatTemplate {
  /// A part of the rendered text that is, or is not, an answer of the assistant.
  struct Segment {
    var text: String
    var isAnswer = false
  }

  func segments(of messages: [Message], addGenerationPrompt: Bool) -> [Segment] {
    switch self {
    case .plain:
      messages.map { Segment(text: $0.content, isAnswer: $0.role == "assistant") }
    case .chatML(let defaultSystem):
      Self.chatML(messages, defaultSystem, opens: addGenerationPrompt)
    case .llama2(let begin, let end): Self.llama2(messages, begin, end)
    case .llama3(let begin): Self.llama3(messages, begin, opens: addGenerationPrompt)
    case .zephyr(let end): Self.zephyr(messages, end, opens: addGenerationPrompt)
    case .gemma(let begin): Self.gemma(messages, begin, opens: addGenerationPrompt)
    case .mistral(let begin, let end, let before, let after):
      [Segment(text: begin)]
        + messages.map { message in
          message.role == "assistant"
            ? Segment(text: before + message.content + end + after, isAnswer: true)
            : Segment(text: "[INST] \(message.content) [/INST]")
        }
    }
  }

  private static func chatML(
    _ messages: [Message], _ defaultSystem: String?, opens: Bool
  ) -> [Segment] {
    var segments: [Segment] = []
    if let defaultSystem, let first = messages.first, first.role != "system" {
      segments.append(Segment(text: "<|im_start|>system\n\(defaultSystem)<|im_end|>\n"))
    }
    for message in messages {
      segments.append(Segment(text: "<|im_start|>\(message.role)\n"))
      segments.append(
        Segment(text: message.content + "<|im_end|>", isAnswer: message.role == "assistant"))
      segments.append(Segment(text: "\n"))
    }
    return segments + (opens ? [Segment(text: "<|im_start|>assistant\n")] : [])
  }

  private static func llama2(_ messages: [Message], _ begin: String, _ end: String) -> [Segment] {
    let system = messages.first.flatMap { $0.role == "system" ? $0.content : nil }
    return (system == nil ? messages[...] : messages.dropFirst()).enumerated().map {
      index, message in
      let opening = system.map { index == 0 ? "<<SYS>>\n\($0)\n<</SYS>>\n\n" : "" } ?? ""
      let content = trimmed(opening + message.content)
      return message.role == "assistant"
        ? Segment(text: " \(content) \(end)", isAnswer: true)
        : Segment(text: "\(begin)[INST] \(content) [/INST]")
    }
  }

  private static func llama3(_ messages: [Message], _ begin: String, opens: Bool) -> [Segment] {
    func header(_ role: String) -> Segment {
      Segment(text: "<|start_header_id|>\(role)<|end_header_id|>\n\n")
    }
    return [Segment(text: begin)]
      + messages.flatMap {
        [
          header($0.role),
          Segment(text: trimmed($0.content) + "<|eot_id|>", isAnswer: $0.role == "assistant"),
        ]
      } + (opens ? [header("assistant")] : [])
  }

  private static func zephyr(_ messages: [Message], _ end: String, opens: Bool) -> [Segment] {
    messages.flatMap {
      [
        Segment(text: "<|\($0.role)|>\n"),
        Segment(text: $0.content + end, isAnswer: $0.role == "assistant"), Segment(text: "\n"),
      ]
    } + (opens ? [Segment(text: "<|assistant|>\n")] : [])
  }

  private static func gemma(_ messages: [Message], _ begin: String, opens: Bool) -> [Segment] {
    let system = messages.first.flatMap { $0.role == "system" ? $0.content : nil }
    let turns = system == nil ? messages[...] : messages.dropFirst()
    return [Segment(text: begin)]
      + turns.enumerated().flatMap { index, message in
        let role = message.role == "assistant" ? "model" : message.role
        let opening = system.map { index == 0 ? $0 + "\n\n" : "" } ?? ""
        return [
          Segment(text: "<start_of_turn>\(role)\n\(opening)"),
          Segment(
            text: trimmed(message.content) + "<end_of_turn>",
            isAnswer: message.role == "assistant"),
          Segment(text: "\n"),
        ]
      } + (opens ? [Segment(text: "<start_of_turn>model\n")] : [])
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
