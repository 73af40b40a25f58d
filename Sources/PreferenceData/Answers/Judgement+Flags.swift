extension Judgement {
  /// The flags raised on a response: those of the question `flags` by their names, those of
  /// others with the question's id before them.
  public func flagNames(of response: ResponseID) -> [String] {
    questions.flatMap { id in
      (self[id]?.each?[response]?.marks ?? []).map { Self.flagName($0, of: id) }
    }
  }

  /// The responses on which a flag was raised.
  public var flaggedResponses: Set<ResponseID> {
    Set(
      questions.flatMap { id in
        (self[id]?.each ?? [:]).filter { $0.value.marks?.isEmpty == false }.keys
      })
  }

  /// The name of a flag in reports.
  public static func flagName(_ flag: String, of question: String) -> String {
    question == "flags" ? flag : "\(question).\(flag)"
  }
}
