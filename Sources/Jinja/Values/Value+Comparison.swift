extension Interpreter {
  /// Python's `==`.
  func areEqual(_ left: Value, _ right: Value) throws -> Bool {
    try step()
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let left), .string(let right)):
      try step(min(left.count, right.count) / 16)
      return left == right
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return try areEqual(left.items, right.items)
    case (.dictionary(let left), .dictionary(let right)):
      guard left.keys.count == right.keys.count else { return false }
      for (key, value) in left.members {
        guard let other = try right.value(of: key), try areEqual(value, other) else { return false }
      }
      return true
    case (.object(let left), .object(let right)):
      if left === right { return true }
      switch (left, right) {
      case (let left as NumberRange, let right as NumberRange):
        return left.count == right.count
          && (left.count == 0
            || left.start == right.start && (left.count == 1 || left.step == right.step))
      case (let left as MappingView, let right as MappingView):
        guard left.isHashable == right.isHashable, !left.isHashable,
          left.items.count == right.items.count
        else { return false }
        // Views can hold views without limit.
        return try nested {
          try left.items.allSatisfy { item in
            try right.items.contains { try areEqual(item, $0) }
          }
        }
      default: return false
      }
    default:
      if let left = left.index, let right = right.index { return left == right }
      if let leftNumber = left.number, let rightNumber = right.number {
        return leftNumber == rightNumber && exactOrder(left, right) == 0
      }
      return false
    }
  }

  private func areEqual(_ left: [Value], _ right: [Value]) throws -> Bool {
    guard left.count == right.count else { return false }
    for (left, right) in zip(left, right) {
      guard try areEqual(left, right) else { return false }
    }
    return true
  }

  /// The order of a whole number and a float, where both are exact.
  private func exactOrder(_ left: Value, _ right: Value) -> Int {
    switch (left, right) {
    case (.float(let left), .float(let right)): left < right ? -1 : left > right ? 1 : 0
    case (.float(let float), let other):
      -(exactOrder(other, .float(float)))
    case (let other, .float(let float)):
      if let exact = Int(exactly: float.rounded(.down)), let whole = other.index {
        whole < exact ? -1 : whole > exact ? 1 : float > Double(exact) ? -1 : 0
      } else {
        float > 0 ? -1 : 1
      }
    default: 0
    }
  }

  /// Python's `<` and its relatives.
  func compare(_ left: Value, _ operation: String, _ right: Value) throws -> Bool {
    try step()
    if case .undefined(let undefined) = left { throw undefined.error }
    if case .undefined(let undefined) = right { throw undefined.error }
    func result(_ isLess: Bool, _ isEqual: Bool) -> Bool {
      switch operation {
      case "<": isLess
      case "<=": isLess || isEqual
      case ">": !isLess && !isEqual
      default: !isLess
      }
    }
    switch (left, right) {
    case (.string(let left), .string(let right)):
      try step(min(left.count, right.count) / 16)
      return result(Text.precedes(left, right), left == right)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (left, right) in zip(a.items, b.items) where !(try areEqual(left, right)) {
        return try compare(left, operation, right)
      }
      return result(a.items.count < b.items.count, a.items.count == b.items.count)
    default:
      if let left = left.index, let right = right.index {
        return result(left < right, left == right)
      }
      if let leftNumber = left.number, let rightNumber = right.number {
        guard !leftNumber.isNaN, !rightNumber.isNaN else { return false }
        let order = exactOrder(left, right)
        return result(order < 0, order == 0)
      }
      throw JinjaError.type(
        "'\(operation)' not supported between instances of '\(left.typeName)' and "
          + "'\(right.typeName)'")
    }
  }

  /// Python's `in`.
  func contains(_ container: Value, _ value: Value) throws -> Bool {
    switch container {
    case .string(let text):
      guard case .string(let part) = value else {
        throw JinjaError.type(
          "'in <string>' requires string as left operand, not \(value.typeName)")
      }
      try stepThrough(text, searching: part)
      return text.find(part) != nil
    case .dictionary(let mapping): return try mapping.value(of: value) != nil
    case .undefined: return false
    case .list, .tuple, .object:
      if case .object(let object) = container, try object.iterator() == nil { break }
      let elements = try iterator(container)
      while let element = try elements.next() {
        if try areEqual(element, value) { return true }
      }
      return false
    default: break
    }
    throw JinjaError.type("argument of type '\(container.typeName)' is not iterable")
  }

  /// Sorts as Python does: stable, and with the error of the first pair that cannot be compared.
  func sorted(_ values: [(key: Value, value: Value)], reverse: Bool) throws -> [Value] {
    // Python reverses, sorts and reverses again, so that equal values keep their order.
    let values = reverse ? values.reversed() : values
    let sorted = try mergeSorted(values)
    return (reverse ? sorted.reversed() : sorted).map(\.value)
  }

  private func mergeSorted(
    _ values: [(key: Value, value: Value)]
  ) throws -> [(key: Value, value: Value)] {
    guard values.count > 1 else { return values }
    try step(values.count)
    if values.count < 64 { return try insertionSorted(values) }
    let middle = values.count / 2
    let left = try mergeSorted(Array(values[..<middle]))
    let right = try mergeSorted(Array(values[middle...]))
    var result: [(key: Value, value: Value)] = []
    result.reserveCapacity(values.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if try compare(right[j].key, "<", left[i].key) {
        result.append(right[j])
        j += 1
      } else {
        result.append(left[i])
        i += 1
      }
    }
    return result + left[i...] + right[j...]
  }

  /// Compares in the order of CPython's `list.sort`, which decides which error comes first.
  private func insertionSorted(
    _ values: [(key: Value, value: Value)]
  ) throws -> [(key: Value, value: Value)] {
    var result = values
    let isDescending = try compare(result[1].key, "<", result[0].key)
    var sorted = 2
    while sorted < result.count,
      try compare(result[sorted].key, "<", result[sorted - 1].key) == isDescending
    {
      sorted += 1
    }
    if isDescending { result[..<sorted].reverse() }
    while sorted < result.count {
      let pivot = result[sorted]
      var (low, high) = (0, sorted)
      while low < high {
        let middle = (low + high) / 2
        if try compare(pivot.key, "<", result[middle].key) {
          high = middle
        } else {
          low = middle + 1
        }
      }
      result.remove(at: sorted)
      result.insert(pivot, at: low)
      sorted += 1
    }
    return result
  }
}
