/// The names that chat formats give the speakers of a conversation.
enum SpeakerNames {
  /// A speaker, or a call of a tool that a format writes as a speaker.
  enum Speaker: Hashable {
    case role(ChatMessage.Role)
    case toolCall
  }

  /// Finds a speaker by any common name, in any case; nil for an unknown one.
  static func speaker(_ name: String) -> Speaker? {
    if let role = ChatMessage.Role(rawValue: name) { return .role(role) }
    return known[ColumnWords.word(name)]
  }

  private static let known: [String: Speaker] = {
    var known: [String: Speaker] = [:]
    for name in ["system", "developer", "sys", "systemprompt", "系统", "系統", "システム"] {
      known[name] = .role(.system)
    }
    for name in [
      "user", "human", "prompter", "customer", "client", "person", "visitor", "patient", "student",
      "seeker", "usr", "question", "questioner", "prompt", "instruction", "用户", "用戶", "人类", "人類",
      "问", "ユーザー", "benutzer", "utilisateur", "usuario",
    ] { known[name] = .role(.user) }
    for name in [
      "assistant", "gpt", "chatgpt", "bot", "chatbot", "model", "agent", "ai", "llm", "claude",
      "bing", "bard", "gemini", "llama", "gpt4", "gpt35", "response", "answer", "completion",
      "supporter", "助手", "模型", "机器人", "答", "アシスタント", "assistent", "asistente",
    ] { known[name] = .role(.assistant) }
    for name in [
      "tool", "function", "observation", "ipython", "environment", "toolresponse", "toolresult",
      "toolresults", "tooloutput", "functionresponse", "functionresult", "functioncalloutput",
      "interpreter", "工具",
    ] { known[name] = .role(.tool) }
    for name in ["functioncall", "toolcall", "toolcalls", "tooluse", "action"] {
      known[name] = .toolCall
    }
    return known
  }()
}
