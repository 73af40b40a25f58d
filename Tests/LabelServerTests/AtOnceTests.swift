import Foundation
import Hummingbird
import Jobs
import LabelServer
import LabelStore
import Labelling
import PreferenceData
import Testing

@Suite("Requests at the same moment, and requests under the wrong task")
struct AtOnceTests {
  @Test("Of eight who create one task, one succeeds", arguments: [true, false])
  func tasks(overAPI: Bool) async throws {
    let site = try await TestSite()

    let replies = try await site.run { client in
      try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
        for number in 1...8 {
          group.addTask {
            if overAPI {
              let body: JSONValue = [
                "slug": "same", "title": ["en": .string("Number \(number)")],
                "questions": ["ranking": [:]],
              ]
              return try await client.send(.post, "/api/v1/tasks", as: "Grace", json: body).status
            }
            return try await client.post(
              "/tasks", as: "Grace", form: "slug=same&title=Number\(number)&question=ranking"
            ).status
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }

    let created: HTTPResponse.Status = overAPI ? .created : .seeOther
    #expect(replies.count { $0 == created } == 1, "\(replies)")
    if overAPI { #expect(replies.count { $0 == .conflict } == 7) }
    let saved = try await site.store.events(matching: EventFilter(kind: .taskSaved))
    #expect(saved.count == 1)
  }

  @Test("A PATCH is stored as a whole or not at all, and PATCHes at once do not undo each other")
  func patches() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 0)
    let path = "/api/v1/tasks/\(task.slug)"
    let grace = try #require(try await site.store.person(named: "Grace"))

    try await site.run { client in
      let refused = try await client.send(
        .patch, path, as: "Grace", json: ["archived": true, "overlap": 1000])
      #expect(refused.status == .unprocessableContent)
      #expect(try await site.store.task(task.id) == task)
      let own = try await client.send(
        .patch, "/api/v1/people/\(grace.id)", as: "Grace",
        json: ["role": "labeller", "languages": ["de"]])
      #expect(own.status == .conflict && own.errorCode == "notYourself")
      #expect(try await site.store.promptFilter(of: grace.id).takesAll)

      let changes: [JSONValue] = [
        ["overlap": 7], ["order": "random"], ["guidelines": "Others."], ["lease": 777],
        ["cap": 9], ["archived": true],
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for change in changes {
          group.addTask {
            let reply = try await client.send(.patch, path, as: "Grace", json: change)
            #expect(reply.status == .ok)
          }
        }
        try await group.waitForAll()
      }
    }

    let changed = try await site.store.task(task.id)
    #expect(changed.definition.overlap == 7 && changed.definition.order == .random)
    #expect(changed.definition.leaseSeconds == 777 && changed.definition.cap == 9)
    #expect(changed.guidelines == "Others." && changed.isArchived)
  }

  @Test("Eight backups at once have eight names, and each is whole")
  func backups() async throws {
    let site = try await TestSite()

    let names = try await site.run { client in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 1...8 {
          group.addTask {
            let reply = try await client.send(.post, "/api/v1/backups", as: "Grace")
            #expect(reply.status == .created)
            #expect(try reply.json["head"]?.stringValue?.count == 64)
            return try reply.json["name"]?.stringValue ?? ""
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
    }

    #expect(names.count == 8)
    let folder = site.folder.appending(path: "backups")
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == names)
    for name in names {
      try await LabelStore.restore(
        from: folder.appending(path: name).path,
        to: site.folder.appending(path: "restored-\(name)").path)
    }
  }

  @Test("A link among the backups is not one of them, wherever it leads")
  func links() async throws {
    let site = try await TestSite()
    let folder = site.folder.appending(path: "backups")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "link.sqlite"),
      withDestinationURL: site.folder.appending(path: "plumbline.sqlite"))

    try await site.run { client in
      let listed = try await client.get("/api/v1/backups", as: "Grace").json
      #expect(listed["backups"]?.arrayValue?.isEmpty == true)
      #expect(try await client.get("/backups/link.sqlite", as: "Grace").status == .notFound)
    }
  }

  @Test("Eight exports at once have eight names, and each is whole")
  func exports() async throws {
    let site = try await ReviewTests.disputed()
    let path = "/tasks/helpfulness/exports"

    let files = try await site.run { client in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 1...8 {
          group.addTask {
            let made = try await client.post(
              path, as: "Grace", form: "format=rankings&split=&adjudications=prefer")
            #expect(made.status == .seeOther)
            return made.headers[.location] ?? ""
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
    }

    #expect(files.count == 8)
    let task = try await site.store.task(slug: "helpfulness")
    let exports = try await site.store.exports(of: task.id)
    #expect(Set(exports.map(\.path)).count == 8)
    for (path, manifest) in exports {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.split(separator: "\n").count == 4)
      #expect(manifest.bytes == text.utf8.count)
    }
    #expect(try await site.store.verify().problems == [])
  }

  @Test("A sampling is not cancelled under another task's name")
  func samplings() async throws {
    let site = try await TestSite()
    let task = try await site.addTask(prompts: 0)
    try await site.store.createTask(TaskDefinition(slug: "other"), guidelines: "")
    var parser = JSONLinesParser<PromptRecord>()
    var rows: [JSONLinesParser<PromptRecord>.Row] = []
    parser.feed(Array("{\"prompt\":\"Why?\"}\n".utf8)) { rows.append($0) }
    _ = try await site.store.importPrompts(rows, into: task.id)
    let desk = try #require(site.dependencies.sampling)
    // Nobody listens there, and it is asked again and again.
    let job = try await desk.start(
      SamplingOrder(policies: ["policy-one"], responses: 2), task: task, by: nil)

    try await site.run { client in
      let wrong = try await client.send(
        .delete, "/api/v1/tasks/other/samplings/\(job.id)", as: "Grace")
      #expect(wrong.status == .notFound)
    }
    try await Task.sleep(for: .milliseconds(300))
    #expect(await desk.jobs(of: "helpfulness").map(\.state) == [.running])

    #expect(await desk.cancel(job.id, task: "helpfulness") != nil)
    for _ in 0..<200 where await desk.jobs(of: "helpfulness").first?.state == .running {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(await desk.jobs(of: "helpfulness").map(\.state) == [.cancelled])
  }
}
