import Foundation
import PreferenceData
import TestSupport
import Testing

@Suite("Hostile files", .enabled(if: TestData.isThere, "\(TestData.missing)"))
struct HostileFileTests {
  @Test("Every file of the JSON test suite is read or refused with a reason")
  func jsonTestSuite() throws {
    for folder in ["test_parsing", "test_transform"] {
      let path = try TestData.path("json_test_suite/" + folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
        let reader = try JSONLinesReader(path: path + "/" + name, of: JSONValue.self)
        for case .failure(let error) in reader { #expect(!error.message.isEmpty) }
      }
    }
  }

  @Test("Inside a row, what must parse parses and what must not is refused")
  func wrapped() throws {
    let path = try TestData.path("json_test_suite/test_parsing")
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted() {
      let body = try Data(contentsOf: URL(filePath: path + "/" + name))
      guard !body.contains(0x0A), !body.contains(0x0D) else { continue }
      let line = Data(#"{"prompt": "x", "metadata": {"value": "#.utf8) + body + Data("}}".utf8)
      var parser = JSONLinesParser(PromptRecord.self)
      var rows: [JSONLinesParser<PromptRecord>.Row] = []
      parser.feed(line) { rows.append($0) }
      parser.finish { rows.append($0) }
      let isRead = if case .success? = rows.first { true } else { false }
      if name.hasPrefix("y_") { #expect(isRead, "\(name)") }
      if name.hasPrefix("n_") { #expect(!isRead, "\(name)") }
    }
  }

  @Test("Naughty strings survive a row and back, byte for byte")
  func naughtyStrings() throws {
    let path = try TestData.path("blns/blns.json")
    let strings = try JSONDecoder().decode(
      [String].self, from: Data(contentsOf: URL(filePath: path)))
    #expect(strings.count > 400)
    for text in strings {
      let record = PromptRecord(prompt: "a " + text)
      let rows = JSONLinesTests.rows(CanonicalJSON.bytes(record.json))
      let back = try rows[0].get().record.messages[0].content
      #expect(Array(back.utf8) == Array(("a " + text).utf8))
    }
  }

  @Test("Every line of the UTF-8 stress test is read or refused with its byte")
  func utf8Stress() throws {
    let path = try TestData.path("utf8_stress/UTF-8-test.txt")
    for line in try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A) {
      let escaped = line.flatMap { byte -> [UInt8] in
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
          ? [UInt8(ascii: "\\"), byte] : byte < 0x20 ? [0x20] : [byte]
      }
      let row = Array("{\"prompt\": \"x ".utf8) + escaped + Array("\"}".utf8)
      let isValid = String(validating: row, as: UTF8.self) != nil
      switch JSONLinesTests.rows(row)[0] {
      case .success: #expect(isValid)
      case .failure(let error):
        #expect(!isValid)
        guard case .notUTF8 = error.problem else {
          Issue.record("\(error)")
          continue
        }
      }
    }
  }
}
