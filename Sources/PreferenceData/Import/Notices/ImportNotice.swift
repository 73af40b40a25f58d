/// A fact about an import that an admin should know and that does not refuse a row.
public struct ImportNotice: Sendable, Hashable {
  /// The subject of a notice.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pictures, sound or films that labellers do not see.
    case pictures
    /// Parts of a message that are neither text nor pictures.
    case otherParts
    /// A history of earlier turns, which is shown before the prompt.
    case earlierTurns
    /// Earlier turns of a conversation that are not in the row.
    case missingTurns
    /// Answers that contain tool calls, which are shown as text.
    case toolCalls
    /// Answers that continue over several turns, which are shown as one text.
    case laterTurns
    /// Rows that were joined with an earlier row of the same prompt.
    case grouped
    /// Rows of one prompt that are too far apart in the file to be joined.
    case farApart
    /// Empty or repeated answers, which are left out.
    case leftOutAnswers
    /// Answers beyond the ninth, which are kept as metadata.
    case furtherAnswers
    /// Answers of one prompt that look the same.
    case lookAlikes
    /// Answers without a visible character.
    case invisible
    /// Rows of another format than the rest of the file. The detail is the format.
    case otherShape
    /// Fields whose name has a meaning here. The detail is the name and the new name.
    case renamed
    /// Names of languages. The detail is the name and the code.
    case language
    /// Ids that another prompt has, which received a number.
    case repeatedID
    /// Ids that cannot be used, which are kept as metadata.
    case unusableID
    /// A preference that could not be understood, which is kept as metadata. The detail is the field.
    case unreadPreference
    /// Judgements that their labellers did not submit. The detail is the status.
    case notSubmitted
  }

  public var kind: Kind
  /// The format, field or status that the notice is about.
  public var detail: String?
  /// The number of rows.
  public var count: Int
  public var firstLine: Int

  public init(_ kind: Kind, detail: String? = nil, count: Int = 1, firstLine: Int) {
    self.kind = kind
    self.detail = detail
    self.count = count
    self.firstLine = firstLine
  }
}

extension ImportNotice: CustomStringConvertible {
  public var description: String {
    "\(count) row\(count == 1 ? "" : "s"), first in line \(firstLine): \(text)."
  }

  private var text: String {
    let detail = (detail ?? "").quoted(atMost: 200)
    return switch kind {
    case .pictures: "the rows name pictures, sound or films, which labellers do not see"
    case .otherParts: "parts of a message that are not text are named in the text"
    case .earlierTurns: "the history is shown as earlier turns of the conversation"
    case .missingTurns: "earlier turns of the conversation are not in the row"
    case .toolCalls: "tool calls of answers are shown as text in <tool_call>"
    case .laterTurns: "answers that continue over several turns are shown as one text"
    case .grouped: "joined with an earlier row that has the same prompt"
    case .farApart: "too far from the earlier rows of the same prompt to be joined with them"
    case .leftOutAnswers: "empty or repeated answers are left out"
    case .furtherAnswers: "only nine answers can be ranked; the others are kept as metadata"
    case .lookAlikes: "some answers look the same and differ only in invisible characters"
    case .invisible: "an answer has no visible character"
    case .otherShape: "read as \(detail), unlike the rest of the file"
    case .renamed: "a field has a name with a meaning here and was renamed: \(detail)"
    case .language: "a name of a language was replaced by its code: \(detail)"
    case .repeatedID: "the id is already taken, so a number was added"
    case .unusableID: "the id cannot be used and is kept as metadata"
    case .unreadPreference:
      "the preference in “\(detail)” was not understood and is kept as metadata"
    case .notSubmitted: "a judgement is kept as metadata only, because its status is “\(detail)”"
    }
  }
}
