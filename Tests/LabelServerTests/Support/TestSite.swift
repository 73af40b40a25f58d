import Credentials
import EngineJobs
import Foundation
import Hummingbird
import Jobs
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Synchronization
import WebServer

/// A server over a fresh store, with Grace the admin, Rosa the reviewer and Ada the labeller.
final class TestSite: Sendable {
  let folder: URL
  let store: LabelStore
  let clock: TestClock
  let dependencies: ServerDependencies

  init(
    supervisor: (any RetrainingSupervising)? = nil, observer: TemplateObserver? = nil
  ) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "site-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let clock = TestClock()
    self.clock = clock
    store = try LabelStore.open(
      path: folder.appending(path: "plumbline.sqlite").path, clock: { clock.now })
    var dependencies = ServerDependencies(
      store: store, supervisor: supervisor, settings: ServerSettings(workspace: folder),
      now: { clock.now })
    dependencies.templateObserver = observer
    dependencies.sampling = SamplingJobs(
      workspace: Workspace(folder.path), store: store,
      endpoints: [
        NamedEndpoint(name: "policy-one") {
          try Endpoint(address: "http://127.0.0.1:9", model: "m")
        }
      ], now: { clock.now })
    self.dependencies = dependencies
    for (name, role) in [("Grace", Person.Role.admin), ("Rosa", .reviewer), ("Ada", .labeller)] {
      let person = try await store.addPerson(named: name, role: role)
      try await store.openSession(
        tokenHash: Secret(word: name).hash, person: person.id,
        expiresAt: clock.now.addingTimeInterval(1e6))
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  @discardableResult
  func addTask(
    questions: Questions = .standard, overlap: Int = 2, prompts: Int = 3
  ) async throws -> LabelTask {
    let task = try await store.saveTask(
      TaskDefinition(
        slug: "helpfulness", title: ["en": "Helpful answers"], overlap: overlap,
        questions: questions),
      guidelines: "# Rank by helpfulness", seed: 7)
    let records = (0..<prompts).map { number in
      PromptRecord(
        prompt: "Question \(number)",
        responses: ["one", "two", "three"].map {
          .init(id: "secret-\(number)-\($0)", text: "Answer \($0)", source: "policy-\($0)")
        })
    }
    _ = try await store.importPrompts(try rows(records), into: task.id)
    return task
  }

  func run<Value: Sendable>(
    _ body: @Sendable (TestClient) async throws -> Value
  ) async throws -> Value {
    let application = try buildApplication(dependencies, logger: .init(label: "test"))
    return try await body(TestClient(application))
  }

  private func rows(
    _ records: [PromptRecord]
  ) throws -> [JSONLinesParser<PromptRecord>.Row] {
    var parser = JSONLinesParser<PromptRecord>()
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    for record in records {
      parser.feed(CanonicalJSON.bytes(record.json) + [0x0A]) { rows.append($0) }
    }
    return rows
  }
}

/// A clock that moves only when told to.
final class TestClock: Sendable {
  private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

  var now: Date { time.withLock { $0 } }

  func advance(by seconds: TimeInterval) {
    time.withLock { $0 += seconds }
  }
}

extension HTTPFields {
  /// The headers of someone's browser; nobody's when no name is given.
  static func browser(of name: String? = nil, language: String? = nil) -> HTTPFields {
    var headers: HTTPFields = [.accept: "text/html"]
    let cookies = [
      name.map { "plumbline_session=\($0)" }, language.map { "plumbline_language=\($0)" },
    ].compactMap(\.self)
    if !cookies.isEmpty { headers[.cookie] = cookies.joined(separator: "; ") }
    return headers
  }

  func with(_ type: String) -> HTTPFields {
    var headers = self
    headers[.contentType] = type
    return headers
  }
}

extension TestResponse {
  var text: String { String(buffer: body) }

  /// The text with one space for each run of white space and none beside a tag, so that tests do not
  /// depend on the line breaks of templates.
  var html: String {
    text.replacing(/\s+/, with: " ").replacing(#/ ?([<>]) ?/#) { String($0.output.1) }
  }

  var json: JSONValue {
    get throws { try JSONDecoder().decode(JSONValue.self, from: Data(buffer: body)) }
  }

  var errorCode: String? { try? json["error"]?["code"]?.stringValue }
}

extension TestClient {
  func get(
    _ path: String, as name: String? = nil, language: String? = nil
  ) async throws -> TestResponse {
    try await executeRequest(
      uri: path, method: .get, headers: .browser(of: name, language: language), body: nil)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, as name: String? = nil, json: JSONValue? = nil
  ) async throws -> TestResponse {
    try await executeRequest(
      uri: path, method: method, headers: .browser(of: name).with("application/json"),
      body: json.map { ByteBuffer(bytes: CanonicalJSON.bytes($0)) })
  }

  func post(
    _ path: String, as name: String? = nil, form: String, language: String? = nil
  ) async throws -> TestResponse {
    try await executeRequest(
      uri: path, method: .post,
      headers: .browser(of: name, language: language).with("application/x-www-form-urlencoded"),
      body: ByteBuffer(string: form))
  }

  /// Claims the next prompt of the task and returns the assignment's id.
  func claim(as name: String) async throws -> String {
    let response = try await send(.post, "/api/v1/tasks/helpfulness/assignments", as: name)
    return try response.json["id"]?.stringValue ?? ""
  }
}
