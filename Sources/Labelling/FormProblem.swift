import PreferenceData

/// A problem with a submitted judgement.
public enum FormProblem: Error, Sendable, Hashable {
  case nothingAnswered
  case required(field: String)
  case notAsked(field: String)
  case unknownResponse(field: String, key: String)
  case missingResponses(field: String, keys: [String])
  case duplicateResponse(field: String, key: String)
  case emptyPlace(field: String, place: Int)
  case tiesNotAllowed(keys: [String])
  case outOfRange(field: String, value: Int, allowed: ClosedRange<Int>)
  case unknownFlag(field: String, flag: String)
  case duplicateFlag(field: String, flag: String)
  case wrongForm(field: String, expected: String)
  case unknownOption(field: String, option: String)
  case tooLong(field: String, limit: Int)
  case tooMany(field: String, limit: Int)
  case notWhole(field: String, text: String)
  case badTime(Double)
  case unchangedCopy(field: String)

  /// The field of the form, as in the API.
  public var field: String {
    switch self {
    case .nothingAnswered, .tiesNotAllowed: "ranking"
    case .badTime: "activeSeconds"
    case .required(let field), .notAsked(let field), .unknownResponse(let field, _),
      .missingResponses(let field, _), .duplicateResponse(let field, _),
      .emptyPlace(let field, _), .outOfRange(let field, _, _), .unknownFlag(let field, _),
      .duplicateFlag(let field, _), .tooLong(let field, _), .tooMany(let field, _),
      .notWhole(let field, _), .wrongForm(let field, _), .unknownOption(let field, _),
      .unchangedCopy(let field):
      field
    }
  }
}

extension FormProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .nothingAnswered:
      "Nothing is answered yet. Answer at least one question, or skip the prompt."
    case .required(let field):
      "“\(field)” is required. Please answer it."
    case .notAsked(let field):
      "This task does not ask for “\(field)”. Leave it out."
    case .unknownResponse(let field, let key):
      "“\(field)” names answer “\(key.quoted())”, which was not shown. Use the letters on the page."
    case .missingResponses(let field, let keys):
      "“\(field)” leaves out \(keys.joined(separator: ", ")). Give every answer a place."
    case .duplicateResponse(let field, let key):
      "“\(field)” names answer \(key) twice. Give it one place."
    case .emptyPlace(let field, let place):
      "Place \(place) of “\(field)” is empty. Remove it, or put an answer there."
    case .tiesNotAllowed(let keys):
      "\(keys.joined(separator: " and ")) share a place, but this task allows no ties."
    case .outOfRange(let field, let value, let allowed):
      "\(value) is not valid for “\(field)”. Use \(allowed.lowerBound) to \(allowed.upperBound)."
    case .unknownFlag(let field, let flag):
      "“\(flag.quoted())” is not one of this task's “\(field)”."
    case .duplicateFlag(let field, let flag):
      "“\(field)” names “\(flag.quoted())” twice."
    case .wrongForm(let field, let expected):
      "“\(field)” must be \(expected)."
    case .unknownOption(let field, let option):
      "“\(option.quoted())” is not one of the options of “\(field)”."
    case .tooLong(let field, let limit):
      "“\(field)” is longer than \(limit / 1000),000 bytes. Shorten it."
    case .tooMany(let field, let limit):
      "“\(field)” names more than \(limit). Leave some out."
    case .notWhole(let field, let text):
      "“\(text.quoted())” is not valid for “\(field)”. Use a whole number."
    case .badTime(let seconds):
      "\(seconds) is not a valid number of seconds. Send a time of 0 or more."
    case .unchangedCopy(let field):
      "“\(field)” is an unchanged copy of an answer. Improve it, or write your own."
    }
  }
}
