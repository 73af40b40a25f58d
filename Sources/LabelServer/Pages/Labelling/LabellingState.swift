import Foundation
import Labelling
import WebServer

/// The data for the page's script, as JSON in one attribute of the form.
struct LabellingState: Encodable {
  let assignment: String
  let keys: [String]
  let ranks: Bool
  let ties: Bool
  let partial: Bool
  let strength: Bool
  /// Whether the task requires a ranking by places.
  let needsRanking: Bool
  let flagKeys: [FlagKey]
  let flagNames: [String: String]
  let correcting: Bool
  let assignmentURL: String
  let draftURL: String
  let judgementURL: String
  let skipURL: String
  let renewalURL: String
  let nextURL: String
  let signInURL: String
  let labeller: String
  /// The address that claims the next prompt before this one is submitted.
  let aheadURL: String?
  let today: Int
  let renewEverySeconds: Int?
  let sortable: String?
  let strings: [String: String]

  init(_ content: AssignmentContent, labeller: String, today: Int, site: Site) {
    let questions = content.questions
    assignment = content.assignment
    keys = content.keys.map(\.rawValue)
    ranks = questions.ranking != nil && !content.comparesOnScale
    ties = questions.ranking?.ties ?? true
    partial = questions.ranking?.partial ?? false
    strength = content.comparesOnScale
    needsRanking = questions["ranking"]?.required == true && !content.comparesOnScale
    flagKeys = FlagKeys.assigned(to: questions)
    let flags = questions.flags
    flagNames = (site.strings.sections["flags"] ?? [:]).filter { flags.contains($0.key) }
    correcting = content.correcting
    assignmentURL = SitePath.assignmentAPI(content.assignment).string
    draftURL = SitePath.draftAPI(assignment: content.assignment).string
    judgementURL = SitePath.judgementAPI(assignment: content.assignment).string
    skipURL = SitePath.skipAPI(assignment: content.assignment).string
    renewalURL = SitePath.renewalAPI(assignment: content.assignment).string
    nextURL =
      content.correcting
      ? SitePath.pastJudgements.string : SitePath.claim(task: content.task).string
    signInURL = SitePath.signIn.string
    self.labeller = labeller
    aheadURL =
      content.correcting ? nil : SitePath.claimAfter(content.assignment, task: content.task).string
    self.today = today
    renewEverySeconds = content.correcting ? nil : max(5, content.leaseSeconds / 3)
    sortable = site.files.path("vendor/sortable/Sortable.min.js")
    strings = site.strings.sections["behaviour"] ?? [:]
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
