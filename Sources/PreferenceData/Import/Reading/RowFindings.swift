/// Finds what an admin should know about a prompt that was read.
enum RowFindings {
  static func of(_ record: PromptRecord, _ metadata: [String: JSONValue]) -> Set<RowFinding> {
    var findings: Set<RowFinding> = []
    if hasPictures(record, metadata) { findings.insert(RowFinding(.pictures)) }
    if record.responses.isEmpty { return findings }
    if record.responses.contains(where: { Appearance.isInvisible($0.text) }) {
      findings.insert(RowFinding(.invisible))
    }
    for (index, response) in record.responses.enumerated() {
      for earlier in record.responses[..<index]
      where Appearance.looksSame(earlier.text, response.text) {
        findings.insert(RowFinding(.lookAlikes))
        return findings
      }
    }
    return findings
  }

  private static let columns = ["images", "image", "videos", "video", "audios", "audio"]
  private static let marks = ["<image>", "<video>", "<audio>", "<|image|>", "<image_placeholder>"]

  private static func hasPictures(
    _ record: PromptRecord, _ metadata: [String: JSONValue]
  ) -> Bool {
    for name in columns where !metadata.isEmpty {
      switch metadata[name] {
      case nil, .null?, .array([])?, .string("")?, .bool?: continue
      default: return true
      }
    }
    return record.messages.contains { message in
      message.content.utf8.contains(UInt8(ascii: "<"))
        && marks.contains { message.content.contains($0) }
    }
  }
}

/// Compares texts as people see them.
enum Appearance {
  /// Whether two texts differ at most in space, invisible characters and the way of writing accents.
  static func looksSame(_ left: String, _ right: String) -> Bool {
    var (one, other) = (left.unicodeScalars.makeIterator(), right.unicodeScalars.makeIterator())
    while true {
      switch (next(&one), next(&other)) {
      case (nil, nil): return true
      case (let first?, let second?) where first == second: continue
      // Most texts differ soon, in letters that no accent can join to another.
      case (let first, let second) where isPlain(first) && isPlain(second): return false
      default: return visible(left) == visible(right)
      }
    }
  }

  /// Whether nothing of a text is seen, although it is not empty.
  static func isInvisible(_ text: String) -> Bool {
    guard let first = text.utf8.first(where: { $0 > 0x20 }), first >= 0x80 else { return false }
    return visible(text).isEmpty
  }

  private static func next(_ scalars: inout String.UnicodeScalarView.Iterator) -> Unicode.Scalar? {
    while let scalar = scalars.next() { if !isHidden(scalar) { return scalar } }
    return nil
  }

  private static func isPlain(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar else { return true }
    return scalar.isASCII || (0x3400...0x9FFF).contains(scalar.value)
  }

  private static func visible(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !isHidden(scalar) { scalars.append(scalar) }
    // Swift compares strings by canonical equivalence.
    return String(scalars)
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value <= 0x20 || scalar.value == 0x7F }
    if (0x3400...0x9FFF).contains(scalar.value) { return false }
    let properties = scalar.properties
    return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
      || properties.generalCategory == .format || properties.generalCategory == .control
  }
}
