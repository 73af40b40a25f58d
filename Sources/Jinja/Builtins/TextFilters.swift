extension Builtins {
  static let textFilters: [String: Filter] = {
    var filters: [String: Filter] = [
      "upper": { .string(try soft($0, $1, "do_upper", $2).uppercased) },
      "lower": { .string(try soft($0, $1, "do_lower", $2).lowercased) },
      "capitalize": { .string(try soft($0, $1, "do_capitalize", $2).capitalized) },
      "title": { .string(title(try soft($0, $1, "do_title", $2))) },
      "string": { .string(try soft($0, $1, "soft_str", $2)) },
      "safe": { interpreter, value, arguments in
        var text = try soft(interpreter, value, "do_mark_safe", arguments)
        text.isMarkup = true
        return .string(text)
      },
      "escape": escape, "e": escape,
      "forceescape": { .string(try soft($0, $1, "do_forceescape", $2).plain.escaped) },
      "trim": { interpreter, value, arguments in
        let characters = try bind("do_trim", ["chars"], value, arguments)[0] ?? .none
        let text = try interpreter.string(value)
        guard !characters.isNone else { return .string(text.stripped(nil)) }
        guard let set = characters.text else {
          throw JinjaError.type("strip arg must be None or str")
        }
        return .string(text.stripped(set))
      },
      "replace": { interpreter, value, arguments in
        let bound = try bind("do_replace", ["old", "new", "count"], required: 2, value, arguments)
        let limit = bound[2].flatMap { $0.isNone ? nil : $0 }
        let text = try interpreter.string(value)
        return .string(
          try interpreter.replace(
            text, interpreter.string(bound[0] ?? .none), interpreter.string(bound[1] ?? .none),
            limit: integer(limit, default: -1)))
      },
      "format": { interpreter, value, arguments in
        guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
          throw JinjaError.argument(
            "can't handle positional and keyword arguments at the same time")
        }
        let values: Value =
          arguments.keywords.isEmpty
          ? try .tuple(arguments.positional)
          : .dictionary(
            try Mapping(arguments.keywords.map { (.string($0.name), $0.value) }))
        return .string(try interpreter.percentFormat(interpreter.string(value), values))
      },
      "center": { interpreter, value, arguments in
        let width = try integer(bind("do_center", ["width"], value, arguments)[0], default: 80)
        let text = try interpreter.string(value)
        return .string(try interpreter.centered(text, width, " "))
      },
      "indent": indent,
      "truncate": truncate,
      "wordcount": { interpreter, value, arguments in
        let text = try soft(interpreter, value, "do_wordcount", arguments)
        func isWord(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || scalar.isAlphanumeric }
        return .int(text.scalars.split(whereSeparator: { !isWord($0) }).count)
      },
      "striptags": { .string(stripTags(try soft($0, $1, "do_striptags", $2))) },
      "urlencode": urlEncode,
      "xmlattr": attributes,
      "pprint": { interpreter, value, _ in
        var writer = Writer(interpreter)
        try writer.write(value)
        return .string(writer.text)
      },
      "tojson": toJSON,
    ]
    for name in ["urlize", "wordwrap", "random"] {
      filters[name] = { _, _, _ in
        throw JinjaError.limit("The filter '\(name)' is not supported in chat templates.")
      }
    }
    return filters
  }()

  private static func soft(
    _ interpreter: Interpreter, _ value: Value, _ function: String, _ arguments: Arguments
  ) throws -> Text {
    _ = try bind(function, [], value, arguments)
    let text = try interpreter.string(value)
    try interpreter.charge(text.count)
    return text
  }

  private static let escape: Filter = { interpreter, value, arguments in
    .string(try soft(interpreter, value, "escape", arguments).escaped)
  }

  /// Words start at the text's start and after `-`, white space and opening brackets.
  private static func title(_ text: Text) -> Text {
    var result: [Unicode.Scalar] = []
    var word: [Unicode.Scalar] = []
    func flush() {
      let piece = Text(word)
      result += Text(piece.scalars.prefix(1)).uppercased.scalars
      result += Text(piece.scalars.dropFirst()).lowercased.scalars
      word = []
    }
    for scalar in text.scalars {
      if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
        flush()
        result.append(scalar)
      } else {
        word.append(scalar)
      }
    }
    flush()
    return Text(result)
  }

  private static let indent: Filter = { interpreter, value, arguments in
    let bound = try bind("do_indent", ["width", "first", "blank"], value, arguments)
    let first = bound[1]?.isTrue ?? false
    let blank = bound[2]?.isTrue ?? false
    let indention: Text
    if case .string(let text)? = bound[0] {
      indention = text
    } else {
      let width = try integer(bound[0], default: 4)
      try interpreter.charge(max(0, width))
      indention = Text(repeatElement(" ", count: max(0, width)))
    }
    guard let text = value.text else {
      switch value {
      case .list:
        throw JinjaError(
          .python("AttributeError"), "'list' object has no attribute 'splitlines'")
      case .tuple: throw JinjaError.type("can only concatenate tuple (not \"str\") to tuple")
      case .undefined(let undefined): throw undefined.error
      default:
        throw JinjaError.type(
          "unsupported operand type(s) for +=: '\(value.typeName)' and 'str'")
      }
    }
    let lines = (text + "\n").lines()
    try interpreter.charge(text.count + lines.count * (indention.count + 1))
    var result: [Unicode.Scalar] = []
    for (place, line) in lines.enumerated() {
      if place > 0 {
        result.append("\n")
        if blank || !line.isEmpty { result += indention.scalars }
      }
      result += line.scalars
    }
    return .string(text.with(first ? indention.scalars + result : result))
  }

  private static let truncate: Filter = { interpreter, value, arguments in
    let bound = try bind(
      "do_truncate", ["length", "killwords", "end", "leeway"], value, arguments)
    let length = try integer(bound[0], default: 255)
    let end = try bound[2].map(interpreter.string) ?? "..."
    let leeway = try integer(bound[3].flatMap { $0.isNone ? nil : $0 }, default: 5)
    guard length >= end.count else {
      throw JinjaError(
        .python("AssertionError"), "expected length >= \(end.count), got \(length)")
    }
    guard leeway >= 0 else {
      throw JinjaError(.python("AssertionError"), "expected leeway >= 0, got \(leeway)")
    }
    guard let count = try interpreter.length(value) else {
      throw JinjaError.type("object of type '\(value.typeName)' has no len()")
    }
    if count - length <= leeway { return value }
    guard let text = value.text else {
      throw JinjaError.type("A value of type '\(value.typeName)' cannot be truncated.")
    }
    let kept = text.with(text.scalars[..<(length - end.count)])
    if bound[1]?.isTrue ?? false { return .string(kept + end) }
    let words = kept.splitFromEnd(" ", limit: 1)
    return .string(words[0] + end)
  }

  private static func stripTags(_ text: Text) -> Text {
    var result: [Unicode.Scalar] = []
    var rest = text.scalars[...]
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      result += rest[..<open]
      rest = rest[(close + 1)...]
    }
    result += rest
    var stripped = Text(
      Text(result).splitWords(limit: -1).map(\.scalars).joined(separator: [" "]))
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&quot;", "\""),
      ("&amp;", "&"),
    ] {
      stripped = stripped.replacing(Text(entity), with: Text(character))
    }
    return stripped
  }

  private static let urlEncode: Filter = { interpreter, value, _ in
    func quote(_ value: Value, inQuery: Bool) throws -> [Unicode.Scalar] {
      var result: [Unicode.Scalar] = []
      for byte in try interpreter.string(value).string.utf8 {
        let scalar = Unicode.Scalar(byte)
        let isSafe =
          scalar.isASCII
          && (scalar.isAlphanumeric || "_.-~".unicodeScalars.contains(scalar)
            || (scalar == "/" && !inQuery))
        if isSafe {
          result.append(scalar)
        } else if byte == 0x20, inQuery {
          result.append("+")
        } else {
          let digits = String(byte, radix: 16, uppercase: true)
          result += ("%" + (digits.count < 2 ? "0" : "") + digits).unicodeScalars
        }
      }
      return result
    }
    let pairs: [Value]
    switch value {
    case .dictionary(let mapping): pairs = try mapping.members.map { try .tuple([$0, $1]) }
    case .list, .tuple, .object: pairs = try interpreter.elements(value)
    default: return .string(Text(try quote(value, inQuery: false)))
    }
    let parts = try pairs.map { pair in
      let members = try interpreter.unpacked(pair, count: 2)
      return try quote(members[0], inQuery: true) + ["="] + quote(members[1], inQuery: true)
    }
    return .string(Text(parts.joined(separator: ["&"])))
  }

  private static let attributes: Filter = { interpreter, value, arguments in
    let spaces = try bind("do_xmlattr", ["autospace"], value, arguments)[0]?.isTrue ?? true
    guard case .dictionary(let mapping) = value else {
      throw JinjaError(
        .python("AttributeError"), "'\(value.typeName)' object has no attribute 'items'")
    }
    var parts: [[Unicode.Scalar]] = []
    for (key, value) in mapping.members where !value.isNone && !value.isUndefined {
      guard let name = key.text else {
        throw JinjaError.type("expected string or bytes-like object, got '\(key.typeName)'")
      }
      if name.scalars.contains(where: {
        $0 == " " || (0x09...0x0D).contains($0.value) || "/>=".unicodeScalars.contains($0)
      }) {
        throw JinjaError.value("Invalid character in attribute name: \(name.representation)")
      }
      let text = try interpreter.string(value).escaped
      parts.append(name.escaped.scalars + ["=", "\""] + text.scalars + ["\""])
    }
    let joined = Array(parts.joined(separator: [" "]))
    return .string(Text(spaces && !joined.isEmpty ? [" "] + joined : joined))
  }
}

extension Interpreter {
  func replace(_ text: Text, _ old: Text, _ new: Text, limit: Int) throws -> Text {
    var new = new
    if text.isMarkup { new = new.escaped }
    try stepThrough(text, searching: old)
    let found = new.count > old.count ? text.occurrences(of: old, in: 0..<text.count) : 0
    let growth = found.multipliedReportingOverflow(by: max(0, new.count - old.count))
    try charge(growth.overflow ? .max : text.count + growth.partialValue)
    return text.replacing(old, with: new, limit: limit)
  }

  func centered(_ text: Text, _ width: Int, _ fill: Unicode.Scalar) throws -> Text {
    guard width > text.count else { return text }
    let margin = width - text.count
    try charge(width)
    let left = margin / 2 + (margin & width & 1)
    return text.with(
      Array(repeating: fill, count: left) + text.scalars
        + Array(repeating: fill, count: margin - left))
  }
}
