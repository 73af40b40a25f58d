import Foundation
import Foundations
import Hummingbird
import LabelStore
import Labelling
import PreferenceData
import Rendering
import WebServer

/// Tasks with their guidelines and statistics.
struct TasksAPI: RouteGroup {
  let store: LabelStore
  let quality: ReportCache<QualityReport>

  var routes: [Route] {
    [
      .api(.get, "/tasks", TaskPermission.list, summary: "List tasks") { request, _ in
        let archived = request.query("archived") ?? "no"
        guard ["yes", "no"].contains(archived) else {
          throw WebError.badRequest("“archived” is yes or no.", field: "archived")
        }
        let tasks = try await store.tasks(includingArchived: archived == "yes")
        return try Reply.json(["tasks": tasks.map(TaskBody.init)])
      },
      .api(.post, "/tasks", TaskPermission.change, summary: "Create a task", handler: create),
      .api(.get, "/tasks/{task}", TaskPermission.read, summary: "Show a task") { _, context in
        try Reply.json(TaskBody(await store.task(context)))
      },
      .api(
        .patch, "/tasks/{task}", TaskPermission.change, summary: "Change a task", handler: change),
      .api(
        .get, "/tasks/{task}/guidelines", TaskPermission.read,
        summary: "Show the guidelines, as Markdown: language="
      ) { request, context in
        let task = try await store.task(context)
        let text = request.query("language").map(task.guidelines(in:)) ?? task.guidelines
        return Reply.text(text, type: "text/markdown; charset=utf-8")
      },
      .api(
        .get, "/tasks/{task}/progress", TaskPermission.followProgress,
        summary: "Show the progress of a task"
      ) { _, context in
        try Reply.json(await store.task(context).progress)
      },
      .api(
        .get, "/tasks/{task}/agreement", TaskPermission.followProgress,
        summary: "Show agreement, biases, flags and win rates of policies"
      ) { _, context in
        try Reply.json(AgreementBody(try await quality.of(store.task(context))))
      },
      .api(
        .get, "/tasks/{task}/labellers", PeoplePermission.compare,
        summary: "Show each labeller's work and reliability"
      ) { _, context in
        let task = try await store.task(context)
        let labellers = try await store.labellers(of: task.id)
        let qualities = Dictionary(
          try await quality.of(task).labellers.map { ($0.labeller, $0) },
          uniquingKeysWith: { first, _ in first })
        return try Reply.json([
          "labellers": labellers.map { LabellerBody($0, quality: qualities[$0.pseudonym]) }
        ])
      },
    ]
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    let fields = try await request.json()
    let (definition, guidelines) = try Self.read(fields)
    let task = try await store.createTask(
      definition, guidelines: guidelines ?? "", by: context.visitor.id)
    return try Reply.json(TaskBody(task), status: .created)
  }

  @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws
    -> Response
  {
    guard let changes = try await request.json().objectValue else {
      throw WebError.badRequest("Send the change as a JSON object with the keys of task.yaml.")
    }
    let task = try await store.changeTask(store.task(context).id, by: context.visitor.id) { draft in
      var changes = changes
      if let archived = changes.removeValue(forKey: "archived") {
        guard let isArchived = archived.boolValue else {
          throw WebError.invalid("“archived” is true or false.", field: "archived")
        }
        draft.isArchived = isArchived
      }
      let merged = (draft.definition.json.objectValue ?? [:]).merging(changes) { _, new in new }
      let (definition, guidelines) = try Self.read(.object(merged))
      draft.definition = definition
      draft.guidelines = guidelines ?? draft.guidelines
    }
    return try Reply.json(TaskBody(task))
  }

  // The guidelines are a member of the body; in a workspace they are a separate file.
  private static func read(
    _ fields: JSONValue
  ) throws -> (definition: TaskDefinition, guidelines: String?) {
    guard var members = fields.objectValue else {
      throw WebError.badRequest("Send the task as a JSON object with the keys of task.yaml.")
    }
    let guidelines = members.removeValue(forKey: "guidelines")
    if let guidelines, guidelines.stringValue == nil {
      throw WebError.invalid("“guidelines” must be a text.", field: "guidelines")
    }
    return (try TaskDefinition(json: .object(members)), guidelines?.stringValue)
  }
}

struct TaskBody: Encodable {
  let slug: String
  let title: [String: String]
  let overlap: Int
  let order: String
  let leaseSeconds: Int
  let questions: JSONValue
  let progress: TaskProgress
  let round: Int
  let archived: Bool
  /// The share of assignments that are gold.
  let gold: Double?
  let createdAt: Date

  init(_ task: LabelTask) {
    slug = task.slug
    title = task.definition.title
    overlap = task.definition.overlap
    order = task.definition.order.rawValue
    leaseSeconds = task.definition.leaseSeconds
    questions = task.questionsJSON
    progress = task.progress
    round = task.round
    archived = task.isArchived
    gold = task.definition.goldRate
    createdAt = task.createdAt
  }
}

struct LabellerBody: Encodable {
  let id: String
  let name: String
  let pseudonym: String
  let judgements: Int
  let skips: Int
  let isActive: Bool
  let lastActiveAt: Date?
  let medianSeconds: Double?
  /// Nil for a labeller without judgements.
  let quality: LabellerQuality?

  init(_ labeller: LabellerStatistics, quality: LabellerQuality?) {
    self.quality = quality
    id = labeller.person.description
    name = labeller.name
    pseudonym = labeller.pseudonym
    judgements = labeller.judgements
    skips = labeller.skips
    isActive = labeller.isActive
    lastActiveAt = labeller.lastActiveAt
    medianSeconds = labeller.medianSeconds
  }
}

/// A task's report without its labellers, which have a separate route.
struct AgreementBody: Encodable {
  let prompts: Int
  let judgements: Int
  let overlappingPrompts: Int
  let pairwise: Estimate?
  let questions: [QuestionAgreement]
  let policies: PolicyComparison
  let positionBias: PositionBias?
  let lengthBias: LengthBias?
  let speed: SpeedCheck
  let flags: [FlagPrevalence]

  init(_ report: QualityReport) {
    prompts = report.prompts
    judgements = report.judgements
    overlappingPrompts = report.overlappingPrompts
    pairwise = report.pairwise
    questions = report.questions
    policies = report.policies
    positionBias = report.positionBias
    lengthBias = report.lengthBias
    speed = report.speed
    flags = report.flags
  }
}
