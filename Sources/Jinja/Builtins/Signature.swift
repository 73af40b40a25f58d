/// The parameters of a Python function, to bind the values of a call to them.
struct Signature {
  private let function: String
  private let parameters: [String]
  private let required: Int
  /// Parameters that only a keyword can set, at the end.
  private let keywordOnly: Int
  /// Parameters that the caller does not see, before the first: in the count of messages.
  private let hidden: Int

  init(
    _ function: String, _ parameters: [String], required: Int? = nil, keywordOnly: Int = 0,
    hidden: Int = 0
  ) {
    self.function = function
    self.parameters = parameters
    self.required = required ?? parameters.count
    self.keywordOnly = keywordOnly
    self.hidden = hidden
  }

  /// Returns the value of each parameter, or nil for one with a default.
  func bind(_ arguments: Arguments) throws -> [Value?] {
    let positional = parameters.count - keywordOnly
    let given = arguments.positional.count
    guard given <= positional else {
      let most = positional + hidden
      let range = required < positional ? "from \(required + hidden) to \(most)" : "\(most)"
      throw JinjaError.type(
        "\(function)() takes \(range) positional argument\(most == 1 ? "" : "s") but "
          + "\(given + hidden) were given")
    }
    var values: [Value?] = arguments.positional
    values += Array(repeating: nil, count: parameters.count - given)
    for (name, value) in arguments.keywords {
      guard let place = parameters.firstIndex(of: name.string) else {
        throw JinjaError.type(
          "\(function)() got an unexpected keyword argument \(name.representation)")
      }
      guard values[place] == nil else {
        throw JinjaError.type(
          "\(function)() got multiple values for argument \(name.representation)")
      }
      values[place] = value
    }
    let missing = (0..<required).filter { values[$0] == nil }.map { "'\(parameters[$0])'" }
    guard missing.isEmpty else { throw JinjaError.type(Self.missing(function, missing)) }
    return values
  }

  private static func missing(_ function: String, _ names: [String]) -> String {
    let list: String
    switch names.count {
    case 1: list = names[0]
    case 2: list = names.joined(separator: " and ")
    default:
      list = names.dropLast().joined(separator: ", ") + ", and " + (names.last ?? "")
    }
    return "\(function)() missing \(names.count) required positional "
      + "argument\(names.count == 1 ? "" : "s"): \(list)"
  }
}

extension Arguments {
  /// The values with the subject of a filter or test first.
  func prefixed(_ value: Value) -> Arguments {
    Arguments(positional: [value] + positional, keywords: keywords)
  }
}
