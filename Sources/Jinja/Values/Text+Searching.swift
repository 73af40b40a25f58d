extension Text {
  /// Returns where `part` is found first in `range`, or nil.
  func find(_ part: Text, in range: Range<Int>? = nil) -> Int? {
    let range = range ?? 0..<count
    guard part.count <= range.count else { return nil }
    guard let first = part.scalars.first else { return range.lowerBound }
    var place = range.lowerBound
    let last = range.upperBound - part.count
    while place <= last {
      if scalars[place] == first, matches(part, at: place) { return place }
      place += 1
    }
    return nil
  }

  /// Returns where `part` is found last in `range`, or nil.
  func findLast(_ part: Text, in range: Range<Int>? = nil) -> Int? {
    let range = range ?? 0..<count
    guard part.count <= range.count else { return nil }
    var place = range.upperBound - part.count
    while place >= range.lowerBound {
      if matches(part, at: place) { return place }
      place -= 1
    }
    return nil
  }

  func matches(_ part: Text, at place: Int) -> Bool {
    guard place >= 0, place + part.count <= count else { return false }
    for offset in part.scalars.indices where scalars[place + offset] != part.scalars[offset] {
      return false
    }
    return true
  }

  func occurrences(of part: Text, in range: Range<Int>) -> Int {
    guard !part.isEmpty else { return range.count + 1 }
    var found = 0
    var place = range.lowerBound
    while let next = find(part, in: place..<range.upperBound) {
      found += 1
      place = next + part.count
    }
    return found
  }

  /// Replaces the first `limit` occurrences; a negative limit replaces all.
  func replacing(_ old: Text, with new: Text, limit: Int = -1) -> Text {
    var left = limit < 0 ? Int.max : limit
    var result: [Unicode.Scalar] = []
    var place = 0
    if old.isEmpty {
      for scalar in scalars {
        if left > 0 {
          result += new.scalars
          left -= 1
        }
        result.append(scalar)
      }
      if left > 0 { result += new.scalars }
      return with(result)
    }
    while left > 0, let next = find(old, in: place..<count) {
      result += scalars[place..<next]
      result += new.scalars
      place = next + old.count
      left -= 1
    }
    result += scalars[place...]
    return with(result)
  }

  /// Splits at a separator, at most `limit` times; a negative limit splits at all.
  func split(_ separator: Text, limit: Int) -> [Text] {
    var left = limit < 0 ? Int.max : limit
    var parts: [Text] = []
    var place = 0
    while left > 0, let next = find(separator, in: place..<count) {
      parts.append(with(scalars[place..<next]))
      place = next + separator.count
      left -= 1
    }
    return parts + [with(scalars[place...])]
  }

  func splitFromEnd(_ separator: Text, limit: Int) -> [Text] {
    var left = limit < 0 ? Int.max : limit
    var parts: [Text] = []
    var end = count
    while left > 0, let next = findLast(separator, in: 0..<end) {
      parts.append(with(scalars[(next + separator.count)..<end]))
      end = next
      left -= 1
    }
    return (parts + [with(scalars[..<end])]).reversed()
  }

  /// Splits at runs of white space, at most `limit` times.
  func splitWords(limit: Int) -> [Text] {
    var left = limit < 0 ? Int.max : limit
    var parts: [Text] = []
    var place = 0
    while true {
      while place < count, scalars[place].isPythonSpace { place += 1 }
      guard place < count else { return parts }
      guard left > 0 else {
        return parts + [with(scalars[place...])]
      }
      let start = place
      while place < count, !scalars[place].isPythonSpace { place += 1 }
      parts.append(with(scalars[start..<place]))
      left -= 1
    }
  }

  func splitWordsFromEnd(limit: Int) -> [Text] {
    var left = limit < 0 ? Int.max : limit
    var parts: [Text] = []
    var end = count
    while true {
      while end > 0, scalars[end - 1].isPythonSpace { end -= 1 }
      guard end > 0 else { break }
      guard left > 0 else {
        parts.append(with(scalars[..<end]))
        break
      }
      let stop = end
      while end > 0, !scalars[end - 1].isPythonSpace { end -= 1 }
      parts.append(with(scalars[end..<stop]))
      left -= 1
    }
    return parts.reversed()
  }

  func lines(keepingEnds: Bool = false) -> [Text] {
    var lines: [Text] = []
    var start = 0
    var place = 0
    while place < count {
      guard scalars[place].isLineBreak else {
        place += 1
        continue
      }
      let end = place
      let isPair = scalars[place] == "\r" && place + 1 < count && scalars[place + 1] == "\n"
      place += isPair ? 2 : 1
      lines.append(with(scalars[start..<(keepingEnds ? place : end)]))
      start = place
    }
    if start < count { lines.append(with(scalars[start...])) }
    return lines
  }

  /// Removes the given characters, or white space, from the start and the end.
  func stripped(_ characters: Text?, start: Bool = true, end: Bool = true) -> Text {
    let set = characters.map { Set($0.scalars) }
    func isStripped(_ scalar: Unicode.Scalar) -> Bool {
      set?.contains(scalar) ?? scalar.isPythonSpace
    }
    var range = 0..<count
    if start {
      while let first = range.first, isStripped(scalars[first]) { range = (first + 1)..<count }
    }
    if end {
      while let last = range.last, isStripped(scalars[last]) { range = range.lowerBound..<last }
    }
    return range.count == count ? self : with(scalars[range])
  }
}

extension Unicode.Scalar {
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  var isLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}
