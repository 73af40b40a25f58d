import Foundation
import Foundations
import PreferenceData

/// The path of a file of checked rows that are to be stored: `LINE <tab> RECORD`, one per line, and
/// after another tab the judgements of the row, if it has any.
struct ImportJournal: Sendable {
  let path: String
  let rowCount: Int

  /// Writes a journal. It appears only when it is complete and synced.
  final class Writer {
    private let file: AtomicFile
    private var count = 0

    init(path: String) throws {
      let folder = URL(filePath: path).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      file = try AtomicFile(path: path)
    }

    func append(_ row: StagedRow) throws {
      var bytes = Array("\(row.line)\t".utf8) + CanonicalJSON.bytes(row.record.json)
      if !row.record.judgements.isEmpty {
        bytes.append(0x09)
        bytes += CanonicalJSON.bytes(.array(row.record.judgements.map(\.json)))
      }
      try file.write(bytes + [0x0A])
      count += 1
    }

    func finish() throws -> ImportJournal {
      try file.commit()
      return ImportJournal(path: file.path, rowCount: count)
    }

    func discard() { file.discard() }
  }

  /// Reads a journal in batches, with its lock: the process that has the lock stores the rows.
  actor Reader {
    private let handle: FileHandle
    private var splitter = LineSplitter(limit: LineSplitter.defaultLimit * 2)
    private var ready: ArraySlice<Batch.Row> = []
    private var isAtEnd = false

    /// Opens the journal. Returns nil if another process has the lock. Throws if there is no
    /// journal.
    init?(path: String, skipping count: Int) throws {
      handle = try FileHandle(forReadingFrom: URL(filePath: path))
      guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
      var rest = count
      while rest > 0, !isAtEnd {
        try Self.fill(handle, &splitter, &ready, &isAtEnd)
        let skipped = min(rest, ready.count)
        ready.removeFirst(skipped)
        rest -= skipped
      }
    }

    /// Returns the next rows, prepared for insertion; nil at the end.
    func next(_ size: Int) throws -> Batch? {
      while ready.count < size, !isAtEnd {
        try Self.fill(handle, &splitter, &ready, &isAtEnd)
      }
      if ready.isEmpty { return nil }
      defer { ready.removeFirst(min(size, ready.count)) }
      return Batch(rows: Array(ready.prefix(size)))
    }

    private static func fill(
      _ handle: FileHandle, _ splitter: inout LineSplitter, _ ready: inout ArraySlice<Batch.Row>,
      _ isAtEnd: inout Bool
    ) throws {
      var rows = Array(ready)
      if let chunk = try handle.read(upToCount: 1 << 18), !chunk.isEmpty {
        try splitter.feed(chunk) { rows.append(try Batch.Row($0)) }
      } else {
        isAtEnd = true
        try splitter.finish { rows.append(try Batch.Row($0)) }
      }
      ready = rows[...]
    }
  }

  /// The rows that one transaction stores.
  struct Batch: Sendable {
    struct Row: Sendable {
      var line: Int
      var prompt: PreparedPrompt

      init(_ line: LineSplitter.Line) throws {
        // JSON escapes tabs, so that each one here ends a field.
        let fields = try line.bytes.get().split(
          separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
        self.line = Int(String(decoding: fields[0], as: UTF8.self)) ?? 0
        let value = try JSONValue(parsing: fields.count > 1 ? fields[1] : [])
        var record = try PromptRecord(json: value)
        if fields.count > 2 {
          record.judgements = try (JSONValue(parsing: fields[2]).arrayValue ?? [])
            .map(ImportedJudgement.init(json:))
        }
        prompt = PreparedPrompt(record)
      }
    }

    var rows: [Row]
  }
}
