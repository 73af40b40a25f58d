import Foundation
import Foundations
import Hashing

/// Turns judgements into the lines of a format, and keeps the manifest as it goes.
public struct ExportStream {
  public private(set) var manifest: Manifest
  private var hash = SHA256()
  // Hashes, not ids: a million prompts must not cost a million texts.
  private var prompts: Set<Int> = []

  public init(manifest: Manifest) {
    self.manifest = manifest
  }

  /// Returns the lines of one judgement, each with its line feed; none when it is skipped.
  public mutating func lines(of record: PreferenceRecord) -> [UInt8] {
    var rows = ExportRows()
    do {
      try manifest.format.writer.write(record, to: &rows)
    } catch {
      manifest.skipped[error.rawValue, default: 0] += 1
    }
    count(record, rows: rows.count)
    rows.bytes.withUnsafeBytes { hash.update(data: $0) }
    manifest.bytes += rows.bytes.count
    return rows.bytes
  }

  /// Returns the finished manifest, with the file's SHA-256.
  public func finish() -> Manifest {
    var finished = manifest
    finished.sha256 = hash.finalize().hexadecimal
    return finished
  }

  private mutating func count(_ record: PreferenceRecord, rows: Int) {
    var added = Manifest.Counts()
    added.prompts = prompts.insert(record.promptID.hashValue).inserted ? 1 : 0
    added.judgements = 1
    (added.comparisons, added.ties) = record.pairCounts
    added.rows = rows
    manifest.counts += added
    if let split = record.split { manifest.splits[split.rawValue, default: .init()] += added }
  }
}

extension Manifest.Counts {
  static func += (total: inout Self, added: Self) {
    total.prompts += added.prompts
    total.judgements += added.judgements
    total.comparisons += added.comparisons
    total.ties += added.ties
    total.rows += added.rows
  }
}

/// Writes an export and its manifest so that both appear whole or not at all.
public enum ExportFile {
  /// Writes `records` to `path` and the manifest beside it; returns the manifest.
  /// Throws `FileError` and leaves nothing behind.
  public static func write(
    _ records: some Sequence<PreferenceRecord>, to path: String, manifest: Manifest
  ) throws -> Manifest {
    try write(to: path, manifest: manifest) { append in
      for record in records { try append(record) }
    }
  }

  /// Writes the records that `produce` appends, for sources that are no sequence.
  public static func write(
    to path: String, manifest: Manifest,
    _ produce: ((PreferenceRecord) throws -> Void) throws -> Void
  ) throws -> Manifest {
    var stream = ExportStream(manifest: manifest)
    if manifest.format == .llamaFactory { _ = try DatasetInfo.entries(besides: path) }
    let file = try AtomicFile(path: path)
    do {
      try produce { record in try file.write(stream.lines(of: record)) }
      let finished = stream.finish()
      let companion = try AtomicFile(path: Manifest.path(for: path))
      do {
        try companion.write(
          CanonicalJSON.bytes(try CanonicalJSON.json(encoding: finished)) + [0x0A])
        try companion.sync()
        try file.sync()
        try companion.commit()
      } catch {
        companion.discard()
        throw error
      }
      do {
        try file.commit()
      } catch {
        unlink(companion.path)
        throw error
      }
      if manifest.format == .llamaFactory { try DatasetInfo.add(finished, besides: path) }
      return finished
    } catch {
      file.discard()
      throw error
    }
  }
}
