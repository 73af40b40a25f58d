extension CanonicalJSON {
  /// Writes the members of one object straight into a buffer: an export row costs no dictionary.
  ///
  /// Members come in the order of their keys' bytes, as everywhere in canonical JSON.
  struct ObjectWriter {
    private var output: [UInt8]
    private var lastKey: StaticString?

    init(appendingTo output: consuming [UInt8]) {
      self.output = output
      self.output.append(UInt8(ascii: "{"))
    }

    /// Closes the object and returns the buffer.
    consuming func finish() -> [UInt8] {
      output.append(UInt8(ascii: "}"))
      return output
    }

    mutating func text(_ key: StaticString, _ value: String) {
      begin(key)
      CanonicalJSON.append(value, to: &output)
    }

    mutating func value(_ key: StaticString, _ value: JSONValue) {
      begin(key)
      CanonicalJSON.append(value, to: &output)
    }

    mutating func messages(_ key: StaticString, _ messages: [ChatMessage]) {
      begin(key)
      CanonicalJSON.append(messages, to: &output)
    }

    private mutating func begin(_ key: StaticString) {
      assert(
        lastKey.map { "\($0)".utf8.lexicographicallyPrecedes("\(key)".utf8) } ?? true,
        "members of canonical JSON are sorted")
      if lastKey != nil { output.append(UInt8(ascii: ",")) }
      lastKey = key
      output.append(UInt8(ascii: "\""))
      output.append(
        contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
      output.append(UInt8(ascii: "\""))
      output.append(UInt8(ascii: ":"))
    }
  }

  static func append(_ messages: [ChatMessage], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    for (index, message) in messages.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      guard message.members.isEmpty else {
        append(message.json, to: &output)
        continue
      }
      output.append(contentsOf: #"{"content":"#.utf8)
      append(message.content, to: &output)
      output.append(contentsOf: #","role":""#.utf8)
      output.append(contentsOf: message.role.rawValue.utf8)
      output.append(contentsOf: "\"}".utf8)
    }
    output.append(UInt8(ascii: "]"))
  }
}
