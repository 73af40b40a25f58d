/// A file without rows of text, recognised by its first bytes.
enum ForeignFile {
  /// Returns the kind of a file and what to do about it; nil for what may be text.
  ///
  /// - Parameter head: The first bytes of the file, unpacked; 512 are enough.
  static func reason(_ head: [UInt8]) -> String? {
    if head.starts(with: Array("PK\u{3}\u{4}".utf8))
      || head.starts(with: Array("PK\u{5}\u{6}".utf8))
    {
      return archive(head)
    }
    if has(text("RIFF"), in: head, at: 0) {
      if has(text("WEBP"), in: head, at: 8) { return picture }
      if has(text("WAVE"), in: head, at: 8) || has(text("AVI "), in: head, at: 8) {
        return recording
      }
    }
    if head.first == 0, has(text("ftyp"), in: head, at: 4) {
      let isPicture = ["avif", "heic", "heix", "mif1"].contains {
        has(text($0), in: head, at: 8)
      }
      return isPicture ? picture : recording
    }
    if has(text("ORC"), in: head, at: 0), head.contains(where: { $0 < 9 }) { return table("ORC") }
    for (magic, offset, reason) in signatures where has(magic, in: head, at: offset) {
      return reason
    }
    return pointer(head)
  }

  private static func has(_ magic: [UInt8], in head: [UInt8], at offset: Int) -> Bool {
    head.count >= offset + magic.count && head[offset...].starts(with: magic)
  }

  // MARK: - Text in place of the file

  private static func pointer(_ head: [UInt8]) -> String? {
    let text = String(decoding: head.prefix(512), as: UTF8.self).drop {
      $0.isWhitespace || $0 == "\u{FEFF}"
    }
    let lower = text.lowercased()
    if lower.hasPrefix("version https://git-lfs.github.com/") {
      return
        "it is a Git LFS pointer in place of the file. Run git lfs pull, or download the file itself"
    }
    if lower.hasPrefix("/annex/objects/") || lower.hasPrefix("../.git/annex/")
      || lower.hasPrefix(".git/annex/")
    {
      return "it is a git-annex pointer in place of the file. Run git annex get"
    }
    if ["<!doctype html", "<html", "<head", "<!-- saved from"].contains(where: lower.hasPrefix) {
      return
        "it is a web page. Without a sign-in, some servers send such a page instead of the file: "
        + "sign in, and download the file itself"
    }
    if lower.hasPrefix("<?xml") || lower.hasPrefix("<svg") {
      return "it is XML. Save the rows as JSON Lines or CSV"
    }
    return nil
  }

  // MARK: - ZIP

  private static func archive(_ head: [UInt8]) -> String {
    let names = entries(head)
    func has(_ prefix: String) -> Bool { names.contains { $0.hasPrefix(prefix) } }
    if has("xl/") || has("[Content_Types]") && !has("word/") && !has("ppt/") {
      return "it is an Excel workbook. In Excel, choose Save as and the type “CSV UTF-8”"
    }
    if has("word/") || has("ppt/") {
      return "it is an Office document. Save its table as CSV (UTF-8)"
    }
    if names.first == "mimetype" {
      return "it is an OpenDocument or EPUB file. Save its table as CSV (UTF-8)"
    }
    if names.contains(where: { $0.hasSuffix("/data.pkl") || $0.hasSuffix(".npy") }) {
      return "it contains tensors of PyTorch or NumPy. Save the rows as JSON Lines"
    }
    let files = names.filter { !$0.hasSuffix("/") }.prefix(5).joined(separator: ", ")
    return "it is a ZIP archive\(files.isEmpty ? "" : " with \(files.quoted(atMost: 300))"). "
      + "Unpack it, and import the files in it"
  }

  /// The names in the headers of the archive's files, as far as they are in `head`.
  private static func entries(_ head: [UInt8]) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    var rest = head[...]
    while let start = rest.firstIndex(of: 0x50) {
      rest = head[(start + 1)...]
      // Before the data of a file, and in the directory at the end.
      let layout: (length: Int, name: Int)? =
        if has([0x50, 0x4B, 3, 4], in: head, at: start) {
          (26, 30)
        } else if has([0x50, 0x4B, 1, 2], in: head, at: start) {
          (28, 46)
        } else {
          nil
        }
      guard let layout, start + layout.name <= head.count else { continue }
      let length =
        Int(head[start + layout.length]) | Int(head[start + layout.length + 1]) << 8
      let bytes = head[(start + layout.name)...].prefix(length)
      guard let name = String(validating: bytes, as: UTF8.self), bytes.count == length,
        seen.insert(name).inserted
      else { continue }
      names.append(name)
    }
    return names
  }

  // MARK: - Signatures

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let signatures: [(magic: [UInt8], offset: Int, reason: String)] = [
    (text("PAR1"), 0, table("Parquet")),
    (text("ARROW1"), 0, table("Arrow (Feather)")),
    (text("FEA1"), 0, table("Feather")),
    ([0xFF, 0xFF, 0xFF, 0xFF], 0, table("an Arrow stream")),
    (
      text("Obj\u{1}"), 0,
      "it is Avro. Convert it to JSON Lines, for instance with avro-tools tojson"
    ),
    (text("SQLite format 3\0"), 0, "it is an SQLite database. Export the table as CSV or JSON"),
    ([0x89] + text("HDF\r\n"), 0, table("HDF5")),
    ([0x93] + text("NUMPY"), 0, "it is a NumPy array. Save the rows as JSON Lines"),
    (
      [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], 0,
      "it is an Excel workbook or another Office document of the old kind (.xls, .doc). Open it, and save the table as CSV (UTF-8)"
    ),
    (text("GGUF"), 0, "it is a model (GGUF), not a file of prompts. See plumbline models"),
    ([0xFD] + text("7zXZ\0"), 0, packed("xz", "xz -d")),
    ([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], 4, packed("bzip2", "bunzip2")),
    ([0x04, 0x22, 0x4D, 0x18], 0, packed("LZ4", "lz4 -d")),
    (text("7z") + [0xBC, 0xAF, 0x27, 0x1C], 0, packed("7-Zip", "7z x")),
    (text("Rar!\u{1A}\u{7}"), 0, packed("RAR", "unrar x")),
    ([0x1F, 0x9D], 0, packed("compress", "uncompress")),
    (text("ustar"), 257, "it is a tar archive. Unpack it with tar -x, and import the files in it"),
    ([0x1F, 0x8B], 0, "its contents are compressed with gzip. Unpack them first"),
    ([0x28, 0xB5, 0x2F, 0xFD], 0, "its contents are compressed with Zstandard. Unpack them first"),
    (text("%PDF-"), 0, "it is a PDF. Save the texts as CSV or JSON Lines"),
    (text("{\\rtf"), 0, "it is a rich text document (RTF). Save the texts as CSV or JSON Lines"),
    (text("%!PS"), 0, "it is PostScript. Save the texts as CSV or JSON Lines"),
    ([0x80, 0x02], 0, pickle), ([0x80, 0x03], 0, pickle),
    ([0x80, 0x04], 0, pickle), ([0x80, 0x05], 0, pickle),
    ([0x89] + text("PNG\r\n"), 0, picture), ([0xFF, 0xD8, 0xFF], 0, picture),
    (text("GIF8"), 0, picture), (text("II*\0"), 0, picture),
    (text("MM\0*"), 0, picture),
    (text("ID3") + [2], 0, recording), (text("ID3") + [3], 0, recording),
    (text("ID3") + [4], 0, recording), (text("fLaC"), 0, recording),
    (text("OggS"), 0, recording),
    ([0xFF, 0xFB], 0, recording), ([0xFF, 0xF3], 0, recording), ([0xFF, 0xF1], 0, recording),
    ([0x1A, 0x45, 0xDF, 0xA3], 0, recording),
    ([0x7F] + text("ELF"), 0, "it is a program. Choose the file with the rows"),
    (text("MZ") + [0x90, 0], 0, "it is a program. Choose the file with the rows"),
  ]

  private static let pickle =
    "it is a Python pickle. Save the rows as JSON Lines, for instance with to_json(orient=\"records\", lines=True)"
  private static let picture = "it is a picture. Plumbline imports texts, as CSV or JSON Lines"
  private static let recording =
    "it is a sound or a video. Plumbline imports texts, as CSV or JSON Lines"

  private static func table(_ name: String) -> String {
    "it is \(name). Convert it to JSON Lines, for instance with pandas: "
      + "to_json(\"rows.jsonl\", orient=\"records\", lines=True)"
  }

  private static func packed(_ name: String, _ command: String) -> String {
    "it is compressed with \(name). Unpack it first, for instance with \(command)"
  }
}
