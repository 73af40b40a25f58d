import PreferenceData

extension Answers {
  /// Leaves out an ideal answer that copies one of the responses, and returns whether it was one.
  ///
  /// The page offers to start from a response. A copy that nobody changed is not a demonstration:
  /// training would take it as better than the response it is. A copy has the same text, apart
  /// from white space around it and the form of line ends, which browsers change.
  @discardableResult
  public mutating func leaveOutUnchangedCopy(of responses: [String]) -> Bool {
    guard let text = demonstration.map(plain) else { return false }
    guard responses.contains(where: { plain($0) == text }) else { return false }
    demonstration = nil
    return true
  }
}

extension JudgementForm {
  /// Returns the form without an unchanged copy; throws `FormProblem.unchangedCopy` where the task
  /// requires an ideal answer.
  public func withoutUnchangedCopy(
    of responses: [String], for questions: Questions
  ) throws(FormProblem) -> JudgementForm {
    var form = self
    let isCopy = form.leaveOutUnchangedCopy(of: responses)
    if isCopy, questions["demonstration"]?.required == true {
      throw .unchangedCopy(field: FormProblem.field("demonstration"))
    }
    return form
  }
}

// The text without white space around it, each line end as one line feed.
private func plain(_ text: String) -> [Unicode.Scalar] {
  var scalars: [Unicode.Scalar] = []
  for character in text {
    if character == "\r\n" || character == "\r" {
      scalars.append("\n")
    } else {
      scalars += character.unicodeScalars
    }
  }
  let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
  let start = scalars.prefix(while: isSpace).count
  let end = scalars.reversed().prefix(while: isSpace).count
  return Array(scalars.dropFirst(start).dropLast(end))
}
