import Foundation
import Hummingbird
import LabelStore
import PreferenceData
import WebServer

/// The visitor's account and judgements.
struct JudgementsAPI: RouteGroup {
  let store: LabelStore

  var routes: [Route] {
    [
      .api(.get, "/me", .signedIn, summary: "Show your account") { _, context in
        try Reply.json(
          Me(
            id: context.visitor.id.description, name: context.visitor.name,
            role: context.visitor.role.rawValue))
      },
      .api(.get, "/judgements", JudgementPermission.mine, summary: "List your judgements") {
        request, context in
        let limit = try request.limit()
        let offset = try request.whole("offset", in: 0...Int.max) ?? 0
        let past = try await store.pastJudgements(
          of: context.visitor.id, limit: limit, offset: offset)
        return try Reply.json(["judgements": past.map(Past.init)])
      },
    ]
  }

  private struct Me: Encodable {
    let id: String
    let name: String
    let role: String
  }

  private struct Past: Encodable {
    let assignment: String
    let task: String
    let prompt: String
    let revision: Int
    let submittedAt: Date

    init(_ past: PastJudgement) {
      assignment = past.assignmentID.description
      task = past.taskSlug
      prompt = past.text
      revision = past.revision
      submittedAt = past.submittedAt
    }
  }
}
