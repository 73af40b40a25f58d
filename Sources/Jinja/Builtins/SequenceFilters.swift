extension Builtins {
  static let sequenceFilters: [String: Filter] = [
    "length": count, "count": count,
    "first": { interpreter, value, arguments in
      _ = try bind("do_first", [], value, arguments)
      return try interpreter.iterator(value).next()
        ?? .undefined(hint: "No first item, sequence was empty.")
    },
    "last": { interpreter, value, _ in
      try interpreter.reversed(value).first
        ?? .undefined(hint: "No last item, sequence was empty.")
    },
    "list": { interpreter, value, _ in try .list(interpreter.elements(value)) },
    "items": { interpreter, value, _ in
      let pairs = Lazily(interpreter) {
        switch value {
        case .undefined: return Iterator([])
        case .dictionary(let mapping):
          return Iterator(try mapping.members.map { try Value.tuple([$0, $1]) })
        default: throw JinjaError.type("Can only get item pairs from a mapping.")
        }
      }
      return try .object(interpreter.keep(Iterator { try pairs.next() }))
    },
    "join": { interpreter, value, arguments in
      let bound = try bind("do_join", ["d", "attribute"], value, arguments)
      let separator = try bound[0].map(interpreter.string) ?? ""
      let attribute = bound[1].flatMap { $0.isNone ? nil : $0 }
      let parts = try interpreter.elements(value).map { item in
        try interpreter.string(attribute.map { try interpreter.path(item, $0) } ?? item)
      }
      return .string(try interpreter.joined(parts, Text(separator.scalars)).plain)
    },
    "reverse": { interpreter, value, _ in
      if case .string(let text) = value { return .string(text.with(text.scalars.reversed())) }
      let items: [Value]
      do {
        items = try interpreter.elements(value).reversed()
      } catch let error as JinjaError where error.kind == .python("TypeError") {
        throw JinjaError.argument("argument must be iterable")
      }
      guard (try? interpreter.reversed(value)) != nil else { return try .list(items) }
      let typeName =
        switch value {
        case .list: "list_reverseiterator"
        case .dictionary: "dict_reversekeyiterator"
        case .object: "range_iterator"
        default: "reversed"
        }
      return try .object(interpreter.keep(Iterator(items, typeName: typeName)))
    },
    "sort": { interpreter, value, arguments in
      let bound = try bind(
        "do_sort", ["reverse", "case_sensitive", "attribute"], value, arguments)
      let ignoresCase = !(bound[1]?.isTrue ?? false)
      let pairs = try interpreter.elements(value).map { item in
        (key: try interpreter.sortKeys(item, bound[2], ignoresCase: ignoresCase), value: item)
      }
      return try .list(interpreter.sorted(pairs, reverse: bound[0]?.isTrue ?? false))
    },
    "dictsort": { interpreter, value, arguments in
      let bound = try bind("do_dictsort", ["case_sensitive", "by", "reverse"], value, arguments)
      let by = bound[1] ?? .string("key")
      guard let place = ["key", "value"].firstIndex(of: by.text ?? "") else {
        throw JinjaError.argument("You can only sort by either \"key\" or \"value\"")
      }
      guard case .dictionary(let mapping) = value else {
        if case .undefined(let undefined) = value { throw undefined.error }
        throw JinjaError(
          .python("AttributeError"), "'\(value.typeName)' object has no attribute 'items'")
      }
      let ignoresCase = !(bound[0]?.isTrue ?? false)
      let pairs = try mapping.members.map { key, value in
        let chosen = place == 0 ? key : value
        return (
          key: ignoresCase ? chosen.ignoringCase : chosen, value: try Value.tuple([key, value])
        )
      }
      return try .list(interpreter.sorted(pairs, reverse: bound[2]?.isTrue ?? false))
    },
    "unique": { interpreter, value, arguments in
      let bound = try bind("do_unique", ["case_sensitive", "attribute"], value, arguments)
      let ignoresCase = !(bound[0]?.isTrue ?? false)
      let attribute = bound[1].flatMap { $0.isNone ? nil : $0 }
      let elements = Lazily(interpreter) { try interpreter.iterator(value) }
      var seen: Set<Key> = []
      return try .object(
        interpreter.keep(
          Iterator {
            while let item = try elements.next() {
              let found = try attribute.map { try interpreter.path(item, $0) } ?? item
              let key = try Key(ignoresCase ? found.ignoringCase : found)
              if seen.insert(key).inserted { return item }
            }
            return nil
          }))
    },
    "groupby": { interpreter, value, arguments in
      let bound = try bind(
        "do_groupby", ["attribute", "default", "case_sensitive"], required: 1, value, arguments)
      let ignoresCase = !(bound[2]?.isTrue ?? false)
      func key(_ item: Value) throws -> Value {
        let found = try interpreter.path(item, bound[0] ?? .none, default: bound[1])
        return ignoresCase ? found.ignoringCase : found
      }
      let pairs = try interpreter.elements(value).map { (key: try key($0), value: $0) }
      var groups: [(key: Value, items: [Value])] = []
      for item in try interpreter.sorted(pairs, reverse: false) {
        let itemKey = try key(item)
        if let last = groups.last, try interpreter.areEqual(last.key, itemKey) {
          groups[groups.count - 1].items.append(item)
        } else {
          groups.append((itemKey, [item]))
        }
      }
      return try .list(
        groups.map { group in
          let name = try interpreter.path(group.items[0], bound[0] ?? .none, default: bound[1])
          var pair = try Elements([ignoresCase ? name : group.key, .list(group.items)])
          pair.isGroup = true
          return .tuple(pair)
        })
    },
    "min": { try extreme($0, $1, $2, "do_min", "<") },
    "max": { try extreme($0, $1, $2, "do_max", ">") },
    "sum": { interpreter, value, arguments in
      let bound = try bind("do_sum", ["attribute", "start"], value, arguments)
      let attribute = bound[0].flatMap { $0.isNone ? nil : $0 }
      var sum = bound[1] ?? .int(0)
      if sum.text != nil {
        throw JinjaError.type("sum() can't sum strings [use ''.join(seq) instead]")
      }
      for item in try interpreter.elements(value) {
        let item = try attribute.map { try interpreter.path(item, $0) } ?? item
        sum = try interpreter.arithmetic(.add, sum, item)
      }
      return sum
    },
    "slice": { interpreter, value, arguments in
      let bound = try bind("do_slice", ["slices", "fill_with"], required: 1, value, arguments)
      let fill = bound[1].flatMap { $0.isNone ? nil : $0 }
      let parts = Lazily(interpreter) {
        try Iterator(sliced(interpreter.elements(value), bound[0], fill, interpreter))
      }
      return try .object(interpreter.keep(Iterator { try parts.next() }))
    },
    "batch": { interpreter, value, arguments in
      let bound = try bind("do_batch", ["linecount", "fill_with"], required: 1, value, arguments)
      let fill = bound[1].flatMap { $0.isNone ? nil : $0 }
      let parts = Lazily(interpreter) {
        try Iterator(batches(interpreter.elements(value), bound[0], fill, interpreter))
      }
      return try .object(interpreter.keep(Iterator { try parts.next() }))
    },
  ]

  /// Returns the elements in `count` lists of nearly the same length.
  private static func sliced(
    _ items: [Value], _ count: Value?, _ fill: Value?, _ interpreter: Interpreter
  ) throws -> [Value] {
    let count = try integer(count, default: 0)
    guard count != 0 else {
      throw Interpreter.zeroDivision("integer division or modulo by zero")
    }
    try interpreter.charge(8 * min(max(0, count), 1 << 40))
    var start = 0
    return try (0..<max(0, count)).map { place in
      let extra = place < items.count % count
      let end = start + items.count / count + (extra ? 1 : 0)
      defer { start = end }
      return try .list(items[start..<end] + (extra || fill == nil ? [] : [fill ?? .none]))
    }
  }

  /// Returns the elements in lists of `size`; the last one is filled up.
  private static func batches(
    _ items: [Value], _ size: Value?, _ fill: Value?, _ interpreter: Interpreter
  ) throws -> [Value] {
    let size = try integer(size, default: 0)
    var batches: [[Value]] = [[]]
    for item in items {
      if batches[batches.count - 1].count == size { batches.append([]) }
      batches[batches.count - 1].append(item)
    }
    if let last = batches.last, last.isEmpty { batches.removeLast() }
    if let fill, let last = batches.last, last.count < size {
      try interpreter.charge(8 * min(size - last.count, 1 << 40))
      batches[batches.count - 1] += Array(repeating: fill, count: size - last.count)
    }
    return try batches.map { try .list($0) }
  }

  private static let count: Filter = { interpreter, value, arguments in
    guard arguments.positional.isEmpty, arguments.keywords.isEmpty else {
      throw JinjaError.type(
        "len() takes exactly one argument (\(1 + arguments.positional.count) given)")
    }
    guard let length = try interpreter.length(value) else {
      throw JinjaError.type("object of type '\(value.typeName)' has no len()")
    }
    return .int(length)
  }

  private static func extreme(
    _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments, _ name: String,
    _ operation: String
  ) throws -> Value {
    let bound = try bind(name, ["case_sensitive", "attribute"], value, arguments)
    let ignoresCase = !(bound[0]?.isTrue ?? false)
    let attribute = bound[1].flatMap { $0.isNone ? nil : $0 }
    func key(_ item: Value) throws -> Value {
      let found = try attribute.map { try interpreter.path(item, $0) } ?? item
      return ignoresCase ? found.ignoringCase : found
    }
    var best: (item: Value, key: Value)?
    for item in try interpreter.elements(value) {
      let itemKey = try key(item)
      guard let current = best else {
        best = (item, itemKey)
        continue
      }
      if try interpreter.compare(itemKey, operation, current.key) { best = (item, itemKey) }
    }
    return best?.item ?? .undefined(hint: "No aggregated item, sequence was empty.")
  }
}

/// An iterator that starts when its first element is read, as Python's generators do.
///
/// Generators can be chained without limit, so each counts as a level.
final class Lazily {
  private unowned let interpreter: Interpreter
  private let start: () throws -> Iterator
  private var elements: Iterator?

  init(_ interpreter: Interpreter, _ start: @escaping () throws -> Iterator) {
    self.interpreter = interpreter
    self.start = start
  }

  func next() throws -> Value? {
    try interpreter.nested {
      if let elements { return try elements.next() }
      let elements = try start()
      self.elements = elements
      return try elements.next()
    }
  }
}

extension Value {
  var ignoringCase: Value { text.map { .string($0.lowercased) } ?? self }
}

extension Interpreter {
  /// Python's `reversed`.
  func reversed(_ value: Value) throws -> [Value] {
    switch value {
    case .list, .tuple, .dictionary, .string, .undefined: return try elements(value).reversed()
    case .object(let object) where object is NumberRange || object is MappingView:
      return try elements(value).reversed()
    default: throw JinjaError.type("'\(value.typeName)' object is not reversible")
    }
  }

  /// Returns `a.b.0` of a value.
  func path(_ value: Value, _ attribute: Value, default absent: Value? = nil) throws -> Value {
    var value = value
    for part in parts(of: attribute) {
      value = try item(value, part)
      if value.isUndefined, let absent, !absent.isNone { value = absent }
    }
    return value
  }

  private func parts(of attribute: Value) -> [Value] {
    guard case .string(let text) = attribute else { return attribute.isNone ? [] : [attribute] }
    return text.split(".", limit: -1).map { part in
      part.all { $0.isDigit } ? Int(part.string).map(Value.int) ?? .string(part) : .string(part)
    }
  }

  /// Returns the keys by which `sort` orders: one for each attribute.
  func sortKeys(_ value: Value, _ attribute: Value?, ignoresCase: Bool) throws -> Value {
    var attributes: [Value] = [attribute ?? .none]
    if case .string(let text)? = attribute {
      attributes = text.split(",", limit: -1).map(Value.string)
    }
    return try .list(
      attributes.map {
        let found = try path(value, $0)
        return ignoresCase ? found.ignoringCase : found
      })
  }

  func joined(_ parts: [Text], _ separator: Text) throws -> Text {
    let length = parts.reduce(0) { $0 + $1.count } + separator.count * max(0, parts.count - 1)
    try charge(length)
    return separator.with(parts.map(\.scalars).joined(separator: separator.scalars))
  }
}
