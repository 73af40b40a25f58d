import Foundation
import Jobs
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Import jobs")
struct ImportJobsTests {
  private let folder: URL
  private let store: LabelStore

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "imports-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    store = try LabelStore.open(path: folder.appending(path: "plumbline.sqlite").path)
  }

  /// An import of some prompts whose file was checked.
  private func checkedImport(
    _ imports: ImportJobs, lines: String
  ) async throws -> (job: ImportJob, task: TaskID) {
    let task = try await store.createTask(TaskDefinition(slug: "stories"), guidelines: "")
    let admin = try await store.addPerson(named: "Grace", role: .admin)
    let upload = try UploadedFile.keep(Array(lines.utf8), in: folder)
    let job = try ImportJob(
      upload, named: "prompts.jsonl", id: "word", plan: ImportPlan(path: upload.path),
      into: task.id, by: admin.id, at: Date())
    imports.add(job)
    while imports.job("word", of: admin.id, in: task.id)?.isWorking == true {
      try await Task.sleep(for: .milliseconds(5))
    }
    return (try #require(imports.job("word", of: admin.id, in: task.id)), task.id)
  }

  @Test("Of decisions that come at once, exactly one stores the rows")
  func oneDecision() async throws {
    let imports = ImportJobs(store: store)
    let (job, task) = try await checkedImport(
      imports, lines: "{\"prompt\":\"Why?\"}\n{\"prompt\":\"How?\"}\n")
    guard case .checked(let report) = job.state else {
      Issue.record("not checked: \(job.state)")
      return
    }
    #expect(report.accepted == 2)

    let accepted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { imports.store("word", skippingInvalid: false) } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    while imports.job("word", of: job.person, in: task)?.isWorking == true {
      try await Task.sleep(for: .milliseconds(5))
    }

    #expect(accepted == 1)
    guard case .stored? = imports.job("word", of: job.person, in: task)?.state else {
      Issue.record("not stored")
      return
    }
    #expect(try await store.task(task).progress.prompts == 2)
  }

  @Test("An import is stored once, and others do not see it")
  func stored() async throws {
    let imports = ImportJobs(store: store)
    let (job, task) = try await checkedImport(imports, lines: "{\"prompt\":\"Why?\"}\n")

    #expect(imports.store("word", skippingInvalid: true))
    #expect(imports.job("word", of: nil, in: task) == nil)
    while imports.job("word", of: job.person, in: task)?.isWorking == true {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(!imports.store("word", skippingInvalid: true))
  }
}
