import Foundation
import PreferenceData
import Testing

@Suite("Files of other kinds")
struct ForeignFileTests {
  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// A local header of a ZIP archive, with the file's data.
  private static func entry(_ name: String, _ data: String = "x") -> [UInt8] {
    func little(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    return bytes("PK\u{3}\u{4}") + little(20, 2) + little(0, 12) + little(data.utf8.count, 4)
      + little(data.utf8.count, 4) + little(name.utf8.count, 2) + little(0, 2) + bytes(name)
      + bytes(data)
  }

  private static let kinds: [(name: String, head: [UInt8], says: String)] = [
    ("a.parquet", bytes("PAR1\u{15}\u{4}"), "Parquet"),
    ("a.arrow", bytes("ARROW1\0\0"), "Arrow"),
    ("a.arrow", [0xFF, 0xFF, 0xFF, 0xFF, 0x78, 0, 0, 0], "Arrow"),
    ("a.feather", bytes("FEA1\0\0\0\0"), "Feather"),
    ("a.xls", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0], "CSV"),
    ("a.sqlite", bytes("SQLite format 3\0"), "SQLite"),
    ("a.jsonl.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xz"),
    ("a.jsonl.bz2", bytes("BZh91AY&SY"), "bzip2"),
    ("a.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7-Zip"),
    ("a.lz4", [0x04, 0x22, 0x4D, 0x18, 0x64], "LZ4"), ("a.rar", bytes("Rar!\u{1A}\u{7}\0"), "RAR"),
    ("a.tar", [UInt8](repeating: 0x61, count: 257) + bytes("ustar\0"), "tar"),
    ("a.xlsx", entry("[Content_Types].xml") + entry("xl/workbook.xml"), "Excel"),
    ("a.docx", entry("[Content_Types].xml") + entry("word/document.xml"), "Office"),
    ("a.ods", entry("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
    (
      "a.zip", entry("rows/prompts.csv", "prompt\n") + entry("rows/more.csv"),
      "rows/prompts.csv, rows/more.csv"
    ),
    ("a.pt", entry("archive/data.pkl"), "PyTorch"),
    ("a.pkl", [0x80, 0x04, 0x95], "pickle"), ("a.npy", [0x93] + bytes("NUMPY\u{1}"), "NumPy"),
    ("a.h5", [0x89] + bytes("HDF\r\n\u{1A}\n"), "HDF5"), ("a.avro", bytes("Obj\u{1}\u{4}"), "Avro"),
    ("a.orc", bytes("ORC\n\u{3}"), "ORC"), ("a.gguf", bytes("GGUF\u{3}\0\0\0"), "model"),
    ("a.pdf", bytes("%PDF-1.7\n"), "PDF"), ("a.rtf", bytes("{\\rtf1\\ansi"), "rich text"),
    ("a.png", [0x89] + bytes("PNG\r\n\u{1A}\n"), "picture"),
    ("a.jpg", [0xFF, 0xD8, 0xFF, 0xE0], "picture"),
    ("a.gif", bytes("GIF89a"), "picture"), ("a.webp", bytes("RIFF\0\0\0\0WEBP"), "picture"),
    ("a.wav", bytes("RIFF\0\0\0\0WAVEfmt "), "sound"), ("a.mp3", bytes("ID3\u{4}"), "sound"),
    ("a.mp4", [0, 0, 0, 0x18] + bytes("ftypmp42"), "video"), ("a.ogg", bytes("OggS\0"), "sound"),
    ("a.jsonl", bytes("<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"), "web page"),
    ("a.jsonl", bytes("\n  <html lang=en>\n"), "web page"),
    ("a.csv", bytes("<?xml version=\"1.0\"?>\n<rows/>\n"), "XML"),
    (
      "a.jsonl", bytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 1\n"),
      "Git LFS"
    ),
    ("a.jsonl", bytes("/annex/objects/SHA256E-s1--0.jsonl\n"), "git-annex"),
  ]

  @Test("Each is recognised whatever its name, once, with what to do", arguments: kinds.indices)
  func recognised(index: Int) throws {
    let (name, head, says) = Self.kinds[index]
    for name in [name, "rows.jsonl", "rows.csv", "rows.json", "file"] {
      let error = #expect(throws: PreferenceDataError.self) {
        try ImportPlan(head: head, name: name)
      }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
      #expect(error?.description.hasSuffix(".") == true)
    }
  }

  @Test("Text that begins like one of them is text")
  func text() throws {
    for text in [
      "BZh,prompt\nx,y\n", "ID3,prompt\n1,Why?\n", "ORC,prompt\nx,y\n", "PK,prompt\na,b\n",
      "{\\rtf},prompt\na,b\n".replacing("\\rtf", with: "x"), "GIF,prompt\na,b\n",
      "RIFF,prompt\na,bWEBP\n", "html,prompt\n<b>,b\n",
    ] {
      let plan = try ImportPlan(head: Array(text.utf8), name: "x.csv")
      #expect(plan.columns.last == "prompt")
    }
  }
}
