import Foundation
import PreferenceData
import Testing

@Suite("Tables as people have them")
struct TableReadingTests {
  static func read(
    _ bytes: [UInt8], name: String = "x.csv", mapping: String? = nil,
    encoding: TextEncoding? = nil
  ) throws -> (plan: ImportPlan, rows: [ImportReader.Row]) {
    let mapping = try mapping.map { try ColumnMapping(parsing: $0) }
    let plan = try ImportPlan(head: bytes, name: name, mapping: mapping, encoding: encoding)
    return (plan, ImportReader.rows(of: bytes, plan: plan))
  }

  static func texts(_ rows: [ImportReader.Row]) throws -> [[String]] {
    try rows.map { row in
      let record = try row.get().record
      return record.messages.map(\.content) + record.responses.map(\.text)
    }
  }

  private static let wanted = [["Why?", "Because.", "No idea."], ["How?", "So.", "Thus."]]

  @Test(
    "The same two rows are read from every way to write them",
    arguments: [
      "sep=;\nquestion;answer_a;answer_b\nWhy?;Because.;No idea.\nHow?;So.;Thus.\n",
      "\"sep=;\"\r\nquestion;answer_a;answer_b\r\nWhy?;Because.;No idea.\r\nHow?;So.;Thus.\r\n",
      "sep=^\nquestion^answer_a^answer_b\nWhy?^Because.^No idea.\nHow?^So.^Thus.\n",
      "SEP=,\nquestion,answer_a,answer_b\nWhy?,Because.,No idea.\nHow?,So.,Thus.\n",
      "question,answer_a,answer_b,,\nWhy?,Because.,No idea.,,\nHow?,So.,Thus.,,\n",
      ",question,answer_a,answer_b\n,Why?,Because.,No idea.\n,How?,So.,Thus.\n",
      "question,answer_a,answer_b\nWhy?,Because.,No idea.\n,,\nHow?,So.,Thus.\n,,\n , ,\n\n",
      "question|answer_a|answer_b\nWhy?|Because.|No idea.\nHow?|So.|Thus.\n",
      "question\tanswer_a\tanswer_b\nWhy?\tBecause.\tNo idea.\nHow?\tSo.\tThus.\n",
      "question, answer_a, answer_b\n\"Why?\", \"Because.\", \"No idea.\"\n\"How?\", \"So.\", \"Thus.\"\n",
      "\"question\" ,\"answer_a\" ,\"answer_b\"\n\"Why?\" ,\"Because.\" ,\"No idea.\"\nHow?,So.,Thus.\n",
      "Questions of spring\n\nquestion,answer_a,answer_b\nWhy?,Because.,No idea.\nHow?,So.,Thus.\n",
      "Survey,,\nas of May,,\nquestion,answer_a,answer_b\nWhy?,Because.,No idea.\nHow?,So.,Thus.\n",
      "question,answer_a,answer_b,answer_c\nWhy?,Because.,No idea.\nHow?,So.,Thus.\n",
      "question,answer_a,answer_b\nWhy?,Because.,No idea.,,\nHow?,So.,Thus.\n",
      "\u{FEFF}\"question\";\"answer_a\";\"answer_b\"\r\"Why?\";\"Because.\";\"No idea.\"\rHow?;So.;Thus.\r",
      "'question','answer_a','answer_b'\n'Why?','Because.','No idea.'\n'How?','So.','Thus.'\n",
    ])
  func dialects(text: String) throws {
    for name in ["x.csv", "x.txt", "standard input"] {
      #expect(
        try Self.texts(Self.read(Array(text.utf8), name: name).rows) == Self.wanted, "\(name)")
    }
  }

  @Test("Of several separators in the header, the one that makes the rows even counts")
  func even() throws {
    let text = "question;answer_a;answer_b;notes, remarks, and, so, on\nWhy?;A, b;C, d;x\n"
    let (plan, rows) = try Self.read(Array(text.utf8))
    #expect(try Self.texts(rows) == [["Why?", "A, b", "C, d"]])
    #expect(plan.columns == ["question", "answer_a", "answer_b", "notes, remarks, and, so, on"])
    let unknown = "Frage|Antwort eins, kurz|Antwort zwei\nWarum?|Darum, eben|Nein\nWie?|So|Eben\n"
    #expect(
      try Self.read(Array(unknown.utf8)).plan.columns
        == ["Frage", "Antwort eins, kurz", "Antwort zwei"])
  }

  @Test("A table of one column keeps the commas of its texts")
  func oneColumn() throws {
    let rows = try Self.read(Array("prompt\nWhy, oh why?\nTell me, please; now\n".utf8)).rows
    #expect(try Self.texts(rows) == [["Why, oh why?"], ["Tell me, please; now"]])
  }

  @Test("Quotes that are written with a backslash are read")
  func backslashes() throws {
    let text = #"prompt,answer a,answer b"# + "\n" + #""Say \"a, b\"","x\\y","C:\\d""# + "\n"
    #expect(
      try Self.texts(Self.read(Array(text.utf8)).rows) == [["Say \"a, b\"", "x\\y", "C:\\d"]])
    let plain = #"prompt,answer a,answer b"# + "\n" + #""C:\","x\y","a""b""# + "\n"
    #expect(try Self.texts(Self.read(Array(plain.utf8)).rows) == [["C:\\", "x\\y", "a\"b"]])
  }

  @Test("A row that is too long is named, and the other rows are read")
  func longRow() throws {
    let text = "question,answer_a,answer_b\nWhy?,a,b\nHow?,a,b,c\nWho?,a,b\n"
    let rows = try Self.read(Array(text.utf8)).rows
    let errors = rows.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    #expect(rows.count == 3 && errors.map(\.line) == [3])
    #expect(errors[0].message.contains("4 fields, where the header has 3"))
  }

  @Test("A column without a name is kept where it has text, and left out where not")
  func unnamed() throws {
    let text = ",question,answer_a,answer_b,\n0,Why?,a,b,\n1,How?,a,b,seen\n"
    let (plan, rows) = try Self.read(Array(text.utf8))
    let records = try rows.map { try $0.get().record }
    #expect(plan.columns == ["column 1", "question", "answer_a", "answer_b", "column 5"])
    #expect(records[0].metadata == ["column 1": "0"])
    #expect(records[1].metadata == ["column 1": "1", "column 5": "seen"])
  }

  @Test("The reader says what it did")
  func notices() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let text =
      "Survey 2026\nFrage;Antwort A;Antwort B;;\nWie heißt „Köln“ für 5 €?;So;Nö;;\n;;;;\nWas?;Ja\n"
    try #require(text.data(using: .windowsCP1252)).write(to: folder)
    let mapping = try ColumnMapping(
      parsing: "prompt=Frage,response=Antwort A,response=Antwort B")
    let plan = try ImportPlan(path: folder.path, name: "umfrage.csv", mapping: mapping)
    let reader = ImportReader(path: folder.path, plan: plan)
    let rows = Array(reader)

    #expect(try rows[0].get().record.messages[0].content == "Wie heißt „Köln“ für 5 €?")
    #expect(
      plan.format.notices == [.guessedEncoding(.windows1252), .delimiter(";"), .titleRows(1)])
    #expect(reader.fileNotices == [.emptyColumns(2), .blankRows(1), .shortRows(1)])
  }

  @Test("A named table that is JSON inside is read as JSON")
  func jsonInside() throws {
    let rows = try Self.read(Array(#"{"prompt":"Why?"}"#.utf8), name: "x.csv").rows
    #expect(try Self.texts(rows) == [["Why?"]])
    let table = try Self.read(Array("{q},answer a\nWhy?,b\n".utf8), mapping: "prompt={q}").rows
    #expect(try table[0].get().record.messages[0].content == "Why?")
  }

  @Test("Plain text is refused once, with what to do")
  func plainText() throws {
    let text = Array("Why is the sky blue?\nHow do magnets work?\n".utf8)
    let error = #expect(throws: PreferenceDataError.self) {
      try ImportPlan(head: text, name: "questions.txt")
    }
    #expect(error?.description.contains("put a line with the word prompt at the top") == true)
    let named = Array("prompt\n".utf8) + text
    #expect(try Self.read(named, name: "questions.txt").rows.count == 2)
  }

  @Test("A zero byte in a text refuses its row and no other")
  func zeroBytes() throws {
    let table =
      "prompt,answer a,answer b\nWhy?,x\u{0}y,b\nHow?,a,b\n"
      + String(repeating: "Who?,a,b\n", count: 60)
    let rows = try Self.read(Array(table.utf8)).rows
    let lines = Array(
      "{\"prompt\":\"nul\\u0000byte\"}\n{\"prompt\":\"b\",\"responses\":[\"x\\u0000\",\"z\"]}\n{\"prompt\":\"c\"}\n"
        .utf8)
    for (found, bad) in [(rows, 1), (try Self.read(lines, name: "x.jsonl").rows, 2)] {
      let errors = found.compactMap {
        if case .failure(let error) = $0 { error.problem } else { nil }
      }
      #expect(errors == Array(repeating: .zeroByte, count: bad))
    }
  }
}
