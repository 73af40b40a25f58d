extension Builtins {
  static let stringMethods: [String: Method<Text>] = [
    "upper": { .string(try none($0, $1, $2, "upper").uppercased) },
    "lower": { .string(try none($0, $1, $2, "lower").lowercased) },
    "casefold": { .string(try none($0, $1, $2, "casefold").lowercased) },
    "title": { .string(try none($0, $1, $2, "title").titlecased) },
    "capitalize": { .string(try none($0, $1, $2, "capitalize").capitalized) },
    "swapcase": { .string(try none($0, $1, $2, "swapcase").swappedCase) },
    "islower": { .bool(try none($0, $1, $2, "islower").isLower) },
    "isupper": { .bool(try none($0, $1, $2, "isupper").isUpper) },
    "istitle": { .bool(try none($0, $1, $2, "istitle").isTitle) },
    "isspace": { .bool(try none($0, $1, $2, "isspace").all { $0.isPythonSpace }) },
    "isalpha": { .bool(try none($0, $1, $2, "isalpha").all { $0.isAlphabetic }) },
    "isalnum": { .bool(try none($0, $1, $2, "isalnum").all { $0.isAlphanumeric }) },
    "isdigit": { .bool(try none($0, $1, $2, "isdigit").all { $0.isDigit }) },
    "isdecimal": { .bool(try none($0, $1, $2, "isdecimal").all { $0.isDecimalDigit }) },
    "isnumeric": { .bool(try none($0, $1, $2, "isnumeric").all { $0.isNumeric }) },
    "isascii": { .bool(try none($0, $1, $2, "isascii").scalars.allSatisfy { $0.isASCII }) },
    "isprintable": {
      .bool(try none($0, $1, $2, "isprintable").scalars.allSatisfy { $0.isPrintable })
    },
    "isidentifier": { .bool(try none($0, $1, $2, "isidentifier").isIdentifier) },
    "strip": { .string(try strip($0, $1, $2, "strip", start: true, end: true)) },
    "lstrip": { .string(try strip($0, $1, $2, "lstrip", start: true, end: false)) },
    "rstrip": { .string(try strip($0, $1, $2, "rstrip", start: false, end: true)) },
    "split": { try split($0, $1, $2, "split") },
    "rsplit": { try split($0, $1, $2, "rsplit") },
    "splitlines": { interpreter, text, arguments in
      let bound = try Signature("splitlines", ["keepends"], required: 0).bind(arguments)
      try interpreter.charge(text.count)
      return try .list(
        text.lines(keepingEnds: bound[0]?.isTrue ?? false).map(Value.string))
    },
    "partition": { try partition($0, $1, $2, "partition") },
    "rpartition": { try partition($0, $1, $2, "rpartition") },
    "startswith": { try hasAffix($0, $1, $2, "startswith") },
    "endswith": { try hasAffix($0, $1, $2, "endswith") },
    "removeprefix": { interpreter, text, arguments in
      let part = try one(arguments, "removeprefix")
      return .string(text.matches(part, at: 0) ? text.with(text.scalars[part.count...]) : text)
    },
    "removesuffix": { interpreter, text, arguments in
      let part = try one(arguments, "removesuffix")
      let start = text.count - part.count
      return .string(
        !part.isEmpty && text.matches(part, at: start) ? text.with(text.scalars[..<start]) : text)
    },
    "replace": { interpreter, text, arguments in
      guard arguments.keywords.isEmpty else {
        throw JinjaError.type("str.replace() takes no keyword arguments")
      }
      let values = arguments.positional
      guard values.count >= 2 else {
        throw JinjaError.type("replace expected at least 2 arguments, got \(values.count)")
      }
      guard values.count <= 3 else {
        throw JinjaError.type("replace expected at most 3 arguments, got \(values.count)")
      }
      for (place, value) in values.prefix(2).enumerated() where value.text == nil {
        throw JinjaError.type(
          "replace() argument \(place + 1) must be str, not \(value.typeName)")
      }
      return .string(
        try interpreter.replace(
          text, values[0].text ?? "", values[1].text ?? "",
          limit: integer(values.count > 2 ? values[2] : nil, default: -1)))
    },
    "find": { .int(try place($0, $1, $2, "find", last: false) ?? -1) },
    "rfind": { .int(try place($0, $1, $2, "rfind", last: true) ?? -1) },
    "index": { .int(try found(place($0, $1, $2, "index", last: false))) },
    "rindex": { .int(try found(place($0, $1, $2, "rindex", last: true))) },
    "count": { interpreter, text, arguments in
      let (part, range) = try search(interpreter, text, arguments, "count")
      guard let range else { return .int(0) }
      return .int(text.occurrences(of: part, in: range))
    },
    "join": { interpreter, text, arguments in
      guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
        throw JinjaError.type(
          "str.join() takes exactly one argument (\(arguments.positional.count) given)")
      }
      let items: [Value]
      do {
        items = try interpreter.elements(arguments.positional[0])
      } catch let error as JinjaError where error.kind == .python("TypeError") {
        throw JinjaError.type("can only join an iterable")
      }
      let parts = try items.enumerated().map { place, item in
        guard let part = item.text else {
          throw JinjaError.type(
            "sequence item \(place): expected str instance, \(item.typeName) found")
        }
        return text.isMarkup ? part.escaped : part
      }
      return .string(try interpreter.joined(parts, text))
    },
    "center": { try pad($0, $1, $2, "center") },
    "ljust": { try pad($0, $1, $2, "ljust") },
    "rjust": { try pad($0, $1, $2, "rjust") },
    "zfill": { interpreter, text, arguments in
      let width = try integer(Signature("zfill", ["width"]).bind(arguments)[0], default: 0)
      let zeros = max(width, text.count) - text.count
      try interpreter.charge(zeros)
      let hasSign = text.scalars.first == "+" || text.scalars.first == "-"
      let sign = text.scalars.prefix(hasSign ? 1 : 0)
      return .string(
        text.with(sign + repeatElement("0", count: zeros) + text.scalars.dropFirst(sign.count)))
    },
    "expandtabs": { interpreter, text, arguments in
      let size = try integer(
        Signature("expandtabs", ["tabsize"], required: 0).bind(arguments)[0], default: 8)
      var result: [Unicode.Scalar] = []
      var column = 0
      for scalar in text.scalars {
        guard scalar == "\t" else {
          result.append(scalar)
          column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
          continue
        }
        let spaces = size > 0 ? size - column % size : 0
        try interpreter.charge(spaces)
        result += repeatElement(" ", count: spaces)
        column += spaces
      }
      return .string(text.with(result))
    },
    "format": { interpreter, text, arguments in
      .string(
        try interpreter.braceFormat(text, arguments.positional, named: arguments.keywords))
    },
    "format_map": { interpreter, text, arguments in
      guard arguments.positional.count == 1, case .dictionary(let mapping) = arguments.positional[0]
      else {
        throw JinjaError.type(
          "format_map() takes exactly one argument (\(arguments.positional.count) given)")
      }
      let named = mapping.members.compactMap { key, value in key.text.map { ($0, value) } }
      return .string(try interpreter.braceFormat(text, [], named: named))
    },
  ]

  private static func none(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> Text {
    guard arguments.positional.isEmpty, arguments.keywords.isEmpty else {
      throw JinjaError.type(
        "str.\(name)() takes no arguments (\(arguments.positional.count) given)")
    }
    try interpreter.charge(text.count)
    return text
  }

  private static func one(_ arguments: Arguments, _ name: String) throws -> Text {
    guard arguments.positional.count == 1, arguments.keywords.isEmpty else {
      throw JinjaError.type(
        "str.\(name)() takes exactly one argument (\(arguments.positional.count) given)")
    }
    guard let text = arguments.positional[0].text else {
      throw JinjaError.type(
        "\(name)() argument must be str, not \(arguments.positional[0].typeName)")
    }
    return text
  }

  private static func strip(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String, start: Bool,
    end: Bool
  ) throws -> Text {
    guard arguments.keywords.isEmpty else {
      throw JinjaError.type("str.\(name)() takes no keyword arguments")
    }
    guard arguments.positional.count <= 1 else {
      throw JinjaError.type(
        "\(name) expected at most 1 argument, got \(arguments.positional.count)")
    }
    try interpreter.charge(text.count / 4)
    let characters = arguments.positional.first ?? .none
    if characters.isNone { return text.stripped(nil, start: start, end: end) }
    guard let set = characters.text else {
      throw JinjaError.type("\(name) arg must be None or str")
    }
    return text.stripped(set, start: start, end: end)
  }

  private static func split(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> Value {
    let bound = try Signature(name, ["sep", "maxsplit"], required: 0).bind(arguments)
    let limit = try integer(bound[1], default: -1)
    try interpreter.charge(2 * text.count)
    let separator = bound[0] ?? .none
    if separator.isNone {
      let words =
        name == "split" ? text.splitWords(limit: limit) : text.splitWordsFromEnd(limit: limit)
      return try .list(words.map(Value.string))
    }
    guard let mark = separator.text else {
      throw JinjaError.type("must be str or None, not \(separator.typeName)")
    }
    guard !mark.isEmpty else { throw JinjaError.value("empty separator") }
    try interpreter.stepThrough(text, searching: mark)
    let parts =
      name == "split" ? text.split(mark, limit: limit) : text.splitFromEnd(mark, limit: limit)
    return try .list(parts.map(Value.string))
  }

  private static func partition(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> Value {
    let mark = try one(arguments, name)
    guard !mark.isEmpty else { throw JinjaError.value("empty separator") }
    try interpreter.charge(text.count)
    try interpreter.stepThrough(text, searching: mark)
    guard let place = name == "partition" ? text.find(mark) : text.findLast(mark) else {
      return try .tuple(
        name == "partition"
          ? [.string(text), .string(""), .string("")] : [.string(""), .string(""), .string(text)])
    }
    return try .tuple([
      .string(text.with(text.scalars[..<place])), .string(mark),
      .string(text.with(text.scalars[(place + mark.count)...])),
    ])
  }

  private static func hasAffix(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> Value {
    let values = arguments.positional
    guard let first = values.first else {
      throw JinjaError.type("\(name) expected at least 1 argument, got 0")
    }
    guard let range = try bounds(values.dropFirst(), text.count) else { return .bool(false) }
    func matches(_ part: Text) -> Bool {
      guard part.count <= range.count else { return false }
      return text.matches(
        part, at: name == "startswith" ? range.lowerBound : range.upperBound - part.count)
    }
    switch first {
    case .string(let part): return .bool(matches(part))
    case .tuple(let elements):
      for element in elements.items {
        guard let part = element.text else {
          throw JinjaError.type(
            "tuple for \(name) must only contain str, not \(element.typeName)")
        }
        if matches(part) { return .bool(true) }
      }
      return .bool(false)
    default:
      throw JinjaError.type(
        "\(name) first arg must be str or a tuple of str, not \(first.typeName)")
    }
  }

  /// The range that optional start and end arguments choose, or nil for one beyond the text.
  private static func bounds(
    _ values: ArraySlice<Value>, _ count: Int
  ) throws -> Range<Int>? {
    func bound(_ value: Value?, _ absent: Int) throws -> Int {
      guard let value, !value.isNone else { return absent }
      guard let index = value.index else {
        throw JinjaError.type(
          "slice indices must be integers or None or have an __index__ method")
      }
      return index < 0 ? max(0, index + count) : index
    }
    let start = try bound(values.first, 0)
    let end = min(try bound(values.dropFirst().first, count), count)
    return start <= end ? start..<end : nil
  }

  private static func search(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> (Text, Range<Int>?) {
    let values = arguments.positional
    guard let first = values.first else {
      throw JinjaError.type("\(name)() takes at least 1 argument (0 given)")
    }
    guard let part = first.text else {
      throw JinjaError.type("must be str, not \(first.typeName)")
    }
    try interpreter.stepThrough(text, searching: part)
    return (part, try bounds(values.dropFirst(), text.count))
  }

  private static func place(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String, last: Bool
  ) throws -> Int? {
    let (part, range) = try search(interpreter, text, arguments, name)
    return range.flatMap { last ? text.findLast(part, in: $0) : text.find(part, in: $0) }
  }

  private static func found(_ place: Int?) throws -> Int {
    guard let place else { throw JinjaError.value("substring not found") }
    return place
  }

  private static func pad(
    _ interpreter: Interpreter, _ text: Text, _ arguments: Arguments, _ name: String
  ) throws -> Value {
    let values = arguments.positional
    guard let first = values.first, values.count <= 2 else {
      throw JinjaError.type(
        "\(name) expected at \(values.isEmpty ? "least 1 argument" : "most 2 arguments"), "
          + "got \(values.count)")
    }
    let width = try integer(first, default: 0)
    let fill = values.count > 1 ? values[1].text : " "
    guard let scalar = fill?.scalars.first, fill?.count == 1 else {
      throw JinjaError.type("The fill character must be exactly one character long")
    }
    if name == "center" { return .string(try interpreter.centered(text, width, scalar)) }
    let padding = max(width, text.count) - text.count
    try interpreter.charge(padding)
    let fillers = Array(repeating: scalar, count: padding)
    return .string(text.with(name == "ljust" ? text.scalars + fillers : fillers + text.scalars))
  }
}
