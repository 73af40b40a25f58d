import Foundation
import PreferenceData
import TestSupport
import Testing

@Suite("Hostile imports", .enabled(if: TestData.isThere, "\(TestData.missing)"))
struct HostileImportTests {
  static func files(_ folder: String, ending: String) throws -> [String] {
    let path = try TestData.path(folder)
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { $0.hasSuffix(ending) }.map { path + "/" + $0 }
  }

  @Test("Every table of csv-spectrum gives the rows that it says it holds")
  func csvSpectrum() throws {
    let files = try Self.files("csv_spectrum/csvs", ending: ".csv")
    #expect(files.count >= 12)
    for path in files {
      let expected = path.replacing("/csvs/", with: "/json/").replacing(".csv", with: ".json")
      let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: expected)))
      var bytes = try Data(contentsOf: URL(filePath: path))
      // The copies lost the carriage returns that these are about.
      if path.hasSuffix("_crlf.csv"), !bytes.contains(0x0D) {
        bytes = Data(bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] })
      }

      var parsed = CSVTable.rows(of: bytes)
      var rows = json.arrayValue ?? [json]

      // The collection's own table and rows name two telephone numbers.
      if path.hasSuffix("location_coordinates.csv") {
        parsed = parsed.map { $0.without("Contact Phone Number") }
        rows = rows.map { $0.without("Contact Phone Number") }
      }
      #expect(parsed == rows, "\(path)")
    }
  }

  @Test("Tables of csv-spectrum are imported whole, the first column as the prompt")
  func csvImport() throws {
    for path in try Self.files("csv_spectrum/csvs", ending: ".csv") {
      var mapping = ColumnMapping()
      let columns = try ImportPlan(path: path).columns
      mapping.prompt = [columns[0]]
      let plan = try ImportPlan(path: path, mapping: mapping)
      let rows = Array(ImportReader(path: path, plan: plan))
      let table = CSVTable.rows(of: try Data(contentsOf: URL(filePath: path)))

      #expect(rows.count == table.count)
      for (row, source) in zip(rows, table) {
        let cell = source[columns[0]]?.stringValue ?? ""
        switch row {
        case .success(let numbered):
          #expect(numbered.record.messages[0].content == cell)
          #expect(
            numbered.record.metadata.count
              == source.objectValue?.filter { $0.key != columns[0] }.count)
        case .failure(let error): #expect(cell.isEmpty && error.problem == .emptyPrompt)
        }
      }
    }
  }

  // Python's json writes these words, and they are read as null.
  private static let asPythonWrites: Set<String> = [
    "n_number_NaN.json", "n_number_infinity.json", "n_number_minus_infinity.json",
  ]

  @Test("Of the JSON test suite, what must parse is read and what must not is refused")
  func jsonTestSuite() throws {
    let files = try Self.files("json_test_suite/test_parsing", ending: ".json")
    #expect(files.count > 300)
    for path in files {
      let name = URL(filePath: path).lastPathComponent
      let body = try Data(contentsOf: URL(filePath: path))
      let wrapped = Data(#"[{"prompt": "x", "metadata": {"value": "#.utf8) + body + Data("}}]".utf8)
      let rows = (try? ImportPlan(head: wrapped, name: "x.json")).map {
        ImportReader.rows(of: wrapped, plan: $0)
      }
      let isRead = rows?.count == 1 && rows?.allSatisfy { (try? $0.get()) != nil } == true
      if name.hasPrefix("y_") { #expect(isRead, "\(name)") }
      if name.hasPrefix("n_") { #expect(isRead == Self.asPythonWrites.contains(name), "\(name)") }

      // As a file of its own: read, or refused with a line.
      guard let plan = try? ImportPlan(path: path) else { continue }
      for case .failure(let error) in ImportReader(path: path, plan: plan) {
        #expect(error.line >= 1 && !error.message.isEmpty, "\(name)")
      }
    }
  }

  @Test("Naughty strings and attacks pass through JSON and CSV byte for byte")
  func naughtyStrings() throws {
    let blns = try JSONValue(
      parsing: Data(contentsOf: TestData.file("blns/blns.json")))
    let xss = try String(
      contentsOfFile: TestData.path("xss/xss-payload-list.txt"), encoding: .utf8
    ).split(separator: "\n").map(String.init)
    let texts = (blns.arrayValue ?? []).compactMap(\.stringValue) + xss
    #expect(texts.count > 1000)

    let json = CanonicalJSON.bytes(.array(texts.map { .string("x" + $0) }))
    let csv = Array(
      ("prompt,answer a,answer b\n"
        + texts.map { "\"x\($0.replacing("\"", with: "\"\""))\",a,b\n" }.joined()).utf8)
    for (bytes, name) in [(json, "x.json"), (csv, "x.csv")] {
      let rows = ImportReader.rows(of: bytes, plan: try ImportPlan(head: bytes, name: name))
      #expect(rows.count == texts.count, "\(name)")
      for (row, text) in zip(rows, texts) {
        let content = try row.get().record.messages[0].content
        #expect(Array(content.utf8) == Array(("x" + text).utf8), "\(name)")
      }
    }
  }

  @Test("The UTF-8 stress test as a table: bad bytes are named, good lines are kept")
  func utf8Stress() throws {
    let path = try TestData.path("utf8_stress/UTF-8-test.txt")
    let lines = try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A)
    let table =
      Data("prompt\n".utf8)
      + lines.reduce(into: Data()) { table, line in
        table += Data("\"x".utf8) + line.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }
        table += Data("\"\n".utf8)
      }

    let rows = ImportReader.rows(of: table, plan: try ImportPlan(head: table, name: "x.csv"))

    #expect(rows.count == lines.count)
    for (row, line) in zip(rows, lines) {
      let isValid = String(validating: line, as: UTF8.self) != nil
      switch row {
      case .success(let numbered):
        #expect(isValid && Array(numbered.record.messages[0].content.utf8) == [0x78] + line)
      case .failure(let error):
        guard case .notUTF8 = error.problem else {
          Issue.record("\(error)")
          continue
        }
        #expect(!isValid)
      }
    }
  }

  @Test("Open-Assistant trees, HH and LLaMA-Factory's examples are read without a bad line")
  func realFiles() throws {
    for (file, shape, atLeast) in [
      ("oasst/en_100_tree.jsonl", ImportShape.oasst, 100),
      ("oasst/prompt_lottery_en_250_text.jsonl", .prompts, 200),
      ("llamafactory_demo/dpo_en_demo.json", .sharegpt, 100),
      ("llamafactory_demo/dpo_zh_demo.json", .sharegpt, 100),
      ("llamafactory_demo/alpaca_en_demo.json", .columns, 900),
    ] {
      let path = try TestData.path(file)
      let plan = try ImportPlan(path: path)
      let rows = Array(ImportReader(path: path, plan: plan))
      let records = rows.compactMap { try? $0.get().record }

      #expect(plan.shape == shape, "\(file)")
      #expect(records.count >= atLeast, "\(file): \(records.count) of \(rows.count)")
      for case .failure(let error) in rows {
        // Chosen and rejected may be the same text: nothing to rank, and that is what it says.
        #expect(error.message.contains("nothing to rank"), "\(file): \(error)")
      }
    }
  }
}

extension JSONValue {
  fileprivate func without(_ key: String) -> JSONValue {
    .object((objectValue ?? [:]).filter { $0.key != key })
  }
}

/// The rows of a table as JSON, through the reader's own cutter.
enum CSVTable {
  static func rows(of bytes: Data) -> [JSONValue] {
    var rows: [JSONValue] = []
    var parser = CSVParser()
    parser.feed(bytes) { row in if case .success(let value) = row.value { rows.append(value) } }
    parser.finish { row in if case .success(let value) = row.value { rows.append(value) } }
    return rows
  }
}
