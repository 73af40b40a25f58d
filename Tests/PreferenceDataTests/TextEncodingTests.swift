import Foundation
import PreferenceData
import Testing

@Suite("Encodings of files")
struct TextEncodingTests {
  private static let european =
    "question,answer_a,answer_b\nWo liegt Köln?,Am Rhein – „im Westen“.,Größe: 5 €\nQu’est-ce que c’est ?,L’été à Noël,Le garçon\n"
  private static let chinese =
    "question,answer_a,answer_b\n天空为什么是蓝色的？,因为散射。,因为大海。\n你好吗？,我很好，谢谢你。,不太好。\n"
  private static let traditional =
    "question,answer_a,answer_b\n天空為什麼是藍色的？,因為散射。,因為大海。\n你好嗎？,我很好，謝謝你。,不太好。\n"
  private static let japanese =
    "question,answer_a,answer_b\n空はなぜ青いのですか？,光が散乱するからです。,海が映るからです。\n"
  private static let korean =
    "question,answer_a,answer_b\n하늘은 왜 파란가요?,빛이 흩어지기 때문입니다.,바다가 비치기 때문입니다.\n"
  private static let russian =
    "question,answer_a,answer_b\nПочему небо голубое?,Из-за рассеяния света.,Потому что море синее.\n"
  private static let polish =
    "question,answer_a,answer_b\nGdzie leży Łódź?,W środku Polski.,Nad morzem. Więcej nie wiem\nCo to jest żółw?,Zwierzę.,Ptak\n"

  /// The text in an encoding, by the tables of iconv.
  private static func bytes(_ text: String, _ name: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["iconv", "-f", "UTF-8", "-t", name]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return Array(bytes)
  }

  private static func records(
    _ bytes: [UInt8], encoding: TextEncoding? = nil
  ) throws -> (plan: ImportPlan, texts: [String]) {
    let (plan, rows) = try TableReadingTests.read(bytes, encoding: encoding)
    return (plan, try TableReadingTests.texts(rows).flatMap(\.self))
  }

  private static let cases: [(String, String, TextEncoding)] = [
    (european, "WINDOWS-1252", .windows1252), (chinese, "GBK", .gb18030),
    (chinese + "𠀋是什么？,a𠮷,㐀\n", "GB18030", .gb18030), (traditional, "BIG5", .big5),
    (japanese, "CP932", .shiftJIS), (korean, "EUC-KR", .eucKR), (russian, "CP1251", .windows1251),
    (polish, "CP1250", .windows1250), (european, "UTF-16LE", .utf16LittleEndian),
    (chinese, "UTF-16LE", .utf16LittleEndian), (european, "UTF-16BE", .utf16BigEndian),
    (chinese, "UTF-16BE", .utf16BigEndian), (russian, "UTF-16LE", .utf16LittleEndian),
    ("\u{FEFF}" + japanese, "UTF-16BE", .utf16BigEndian),
    ("\u{FEFF}" + korean, "UTF-16LE", .utf16LittleEndian), ("\u{FEFF}" + russian, "UTF-8", .utf8),
    (european, "UTF-8", .utf8),
  ]

  @Test("The encoding of a table is found by its bytes", arguments: cases.indices)
  func detected(index: Int) throws {
    let (text, name, encoding) = Self.cases[index]
    let wanted = try Self.records(Array(text.utf8)).texts
    let (plan, texts) = try Self.records(try Self.bytes(text, name))
    #expect(plan.format.encoding == encoding && texts == wanted, "\(name)")
  }

  @Test("An encoding that somebody names is used", arguments: ["latin1", "CP936", "Shift-JIS"])
  func named(name: String) throws {
    let encoding = try #require(try TextEncoding.named(name))
    let text =
      encoding == .windows1252 ? Self.european : encoding == .gb18030 ? Self.chinese : Self.japanese
    let bytes = try Self.bytes(text, encoding == .windows1252 ? "CP1252" : name)
    let found = try Self.records(bytes, encoding: encoding)
    #expect(found.texts == (try Self.records(Array(text.utf8)).texts))
    #expect(!found.plan.format.isGuessedEncoding)
    #expect(try TextEncoding.named("auto") == nil)
    #expect(throws: PreferenceDataError.self) { try TextEncoding.named("ebcdic") }
  }

  @Test("A few bad bytes in UTF-8 are the business of their row")
  func badBytes() throws {
    var bytes = Array("prompt,answer a,answer b\nWeiß Ödön Übles über Ärger?,ja,nein\n".utf8)
    bytes += Array("x".utf8) + [0xC3, 0x28] + Array(",a,b\nWer?,a,b\n".utf8)
    let (plan, rows) = try TableReadingTests.read(bytes)
    #expect(plan.format.encoding == .utf8 && rows.count == 3)
    let errors = rows.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    #expect(errors.map(\.problem) == [.notUTF8(byte: 2)])
  }

  @Test("A byte that the chosen encoding does not have refuses its row")
  func undecodable() throws {
    let bytes =
      Array("prompt,answer a,answer b\nOne".utf8) + [0x81] + Array("?,a,b\nTwo?,a,b\n".utf8)
    let rows = try TableReadingTests.read(bytes, encoding: .windows1252).rows
    #expect(rows.count == 2 && (try? rows[0].get()) == nil)
    #expect(try rows[1].get().record.messages[0].content == "Two?")
  }

  @Test("Characters that fall on the border of two chunks stay whole")
  func borders() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let rows = (0..<30_000).map { "天空为什么是蓝色的\($0)？,因为散射,因为大海\n" }.joined()
    for (name, encoding) in [("GB18030", TextEncoding.gb18030), ("UTF-16LE", .utf16LittleEndian)] {
      try Data(try Self.bytes("question,answer_a,answer_b\n" + rows, name)).write(to: folder)
      let plan = try ImportPlan(path: folder.path, name: "x.csv")
      let read = try ImportReader(path: folder.path, plan: plan).map {
        try $0.get().record.messages[0].content
      }
      #expect(plan.format.encoding == encoding && read.count == 30_000)
      #expect(read[29_999] == "天空为什么是蓝色的29999？" && Set(read).count == 30_000)
    }
  }

  @Test("The first letters outside ASCII may come after the part that is looked at")
  func late() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let plain = (0..<60_000).map { "Question number \($0)?,yes,no\n" }.joined()
    let text = "question,answer_a,answer_b\n" + plain + "Wo liegt Köln?,Am Rhein,Nö\n"
    try #require(text.data(using: .windowsCP1252)).write(to: file)
    let plan = try ImportPlan(path: file.path, name: "x.csv")
    let last = try Array(ImportReader(path: file.path, plan: plan)).last?.get()
    #expect(plan.format.encoding == .windows1252)
    #expect(last?.record.messages[0].content == "Wo liegt Köln?")
  }

  @Test(
    "UTF-32 and files with zero bytes are refused in words",
    arguments: ["UTF-32", "UTF-32LE", "UTF-32BE"])
  func refused(name: String) throws {
    let bytes = try Self.bytes(Self.european, name)
    let error = #expect(throws: PreferenceDataError.self) {
      try ImportPlan(head: bytes, name: "x.csv")
    }
    #expect(error?.description.contains("UTF-32") == true)
    let binary = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 37 & 0x83) }
    #expect(throws: PreferenceDataError.self) { try ImportPlan(head: binary, name: "x.csv") }
  }

  @Test("JSON Lines may be in UTF-16 as well")
  func jsonLines() throws {
    let lines = "{\"prompt\":\"天空\"}\n{\"prompt\":\"Köln\"}\n"
    for name in ["UTF-16", "UTF-16LE", "UTF-16BE"] {
      let bytes = try Self.bytes(lines, name)
      let plan = try ImportPlan(head: bytes, name: "x.jsonl")
      let rows = try ImportReader.rows(of: bytes, plan: plan).map {
        try $0.get().record.messages[0].content
      }
      #expect(rows == ["天空", "Köln"], "\(name)")
    }
  }
}
