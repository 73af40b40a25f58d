import Synchronization

/// The notices of one reading of a file, collected while another thread may ask for them.
public final class ImportNoticeLog: Sendable {
  private let found = Mutex<[RowFinding: ImportNotice]>([:])

  public init() {}

  /// The notices so far, in the order of their first lines.
  public var notices: [ImportNotice] {
    found.withLock { Array($0.values) }.sorted {
      ($0.firstLine, $0.kind.rawValue, $0.detail ?? "")
        < ($1.firstLine, $1.kind.rawValue, $1.detail ?? "")
    }
  }

  func clear() { found.withLock { $0 = [:] } }

  /// Counts a row for each of its findings.
  func add(_ findings: some Sequence<RowFinding>, line: Int, times: Int = 1) {
    found.withLock { found in
      for finding in findings {
        // Fields and languages are the file's own words: a list of all of them has no use.
        guard found[finding] != nil || found.count < Self.limit else { continue }
        var notice =
          found[finding]
          ?? ImportNotice(finding.kind, detail: finding.detail, count: 0, firstLine: line)
        notice.count += times
        notice.firstLine = min(line, notice.firstLine)
        found[finding] = notice
      }
    }
  }

  private static let limit = 200
}

/// The part of a notice that one row contributes.
struct RowFinding: Sendable, Hashable {
  var kind: ImportNotice.Kind
  var detail: String?

  init(_ kind: ImportNotice.Kind, _ detail: String? = nil) {
    self.kind = kind
    self.detail = detail
  }
}
