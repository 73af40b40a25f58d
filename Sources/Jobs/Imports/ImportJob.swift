import Foundation
import LabelStore
import PreferenceData
import Synchronization

/// One upload on its way into a task: checked, looked at by an admin, stored.
package struct ImportJob: Identifiable, Sendable {
  /// How far it is.
  package enum State: Sendable {
    case asking
    case checking(rows: Int)
    case checked(ImportReport)
    case storing(done: Int, of: Int)
    case stored(ImportReport)
    case failed(String)
  }

  /// Counts of the rows read so far, and the first of them.
  package struct Tally: Sendable {
    package static let shownRows = 100
    private static let shownBytes = 4 << 20

    private var firstSize = 0
    package var fileNotices: [FileNotice] = []
    package var notices: [ImportNotice] = []
    package var answers = 0
    package var withoutAnswers = 0
    package var preferences = 0
    /// Judgements of people in the file.
    package var judgements = 0
    package var firstRows: [PromptRecord] = []

    mutating func count(_ record: PromptRecord) {
      answers += record.responses.count
      if record.responses.isEmpty { withoutAnswers += 1 }
      if !record.judgements.isEmpty { preferences += 1 }
      judgements += record.judgements.count
      guard firstRows.count < Self.shownRows, firstSize < Self.shownBytes else { return }
      firstRows.append(record)
      firstSize += record.textSize
    }
  }

  /// The random word in the address of the import's page.
  package let id: String
  package let task: TaskID
  package let person: PersonID
  package let name: String
  package let receivedAt: Date
  package internal(set) var plan: ImportPlan
  package internal(set) var state = State.asking
  /// The use of the judgements in the file.
  package internal(set) var use = JudgementUse.metadata
  package internal(set) var tally = Tally()
  let upload: UploadedFile
  let rejects: RefusedLinesFile

  package init(
    _ upload: UploadedFile, named name: String, id: String, plan: ImportPlan, into task: TaskID,
    by person: PersonID, at receivedAt: Date
  ) throws {
    self.upload = upload
    self.name = name
    self.id = id
    self.plan = plan
    self.task = task
    self.person = person
    self.receivedAt = receivedAt
    rejects = try RefusedLinesFile(path: upload.path + ".rejects")
  }

  /// Returns the way to read the file in another encoding. Throws `PreferenceDataError`.
  package func plan(in encoding: TextEncoding) throws -> ImportPlan {
    try ImportPlan(path: upload.path, name: name, encoding: encoding)
  }

  /// The file of the lines that were refused.
  package var rejectsPath: String { rejects.path }

  /// Whether the file is being read or stored.
  package var isWorking: Bool {
    switch state {
    case .checking, .storing: true
    default: false
    }
  }
}

/// All refused lines of an import on the disk, one per line; deleted with its last owner.
final class RefusedLinesFile: Sendable {
  let path: String
  private let handle: Mutex<FileHandle>

  init(path: String) throws {
    self.path = path
    try Data().write(to: URL(filePath: path))
    handle = Mutex(try FileHandle(forWritingTo: URL(filePath: path)))
  }

  deinit { unlink(path) }

  func append(_ error: LineError) {
    handle.withLock {
      try? $0.write(contentsOf: Data("\(error.line): \(error.message)\n".utf8))
    }
  }

  func clear() { handle.withLock { try? $0.truncate(atOffset: 0) } }
}
