import Foundation
import Labelling

/// What the page's script needs to know, as JSON in one attribute of the form.
struct LabellingState: Encodable {
  let assignment: String
  let keys: [String]
  let ranks: Bool
  let ties: Bool
  let partial: Bool
  let strength: Bool
  /// Whether a ranking that is made by places is required.
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
  /// Claims the prompt after this one, so that it is there when this one is submitted.
  let aheadURL: String?
  let today: Int
  let renewEverySeconds: Int?
  let sortable: String?
  let strings: [String: String]

  init(_ item: LabellingItem, labeller: String, today: Int, site: Site) {
    let questions = item.questions
    assignment = item.assignment
    keys = item.keys.map(\.rawValue)
    ranks = questions.ranking != nil && !item.comparesOnScale
    ties = questions.ranking?.ties ?? true
    partial = questions.ranking?.partial ?? false
    strength = item.comparesOnScale
    needsRanking = questions["ranking"]?.required == true && !item.comparesOnScale
    flagKeys = FlagKeys.assigned(to: questions)
    let flags = questions.flags
    flagNames = (site.strings.sections["flags"] ?? [:]).filter { flags.contains($0.key) }
    correcting = item.correcting
    assignmentURL = SitePath.assignmentAPI(item.assignment).string
    draftURL = SitePath.draftAPI(assignment: item.assignment).string
    judgementURL = SitePath.judgementAPI(assignment: item.assignment).string
    skipURL = SitePath.skipAPI(assignment: item.assignment).string
    renewalURL = SitePath.renewalAPI(assignment: item.assignment).string
    nextURL =
      item.correcting
      ? SitePath.pastJudgements.string : SitePath.claim(task: item.task).string
    signInURL = SitePath.signIn.string
    self.labeller = labeller
    aheadURL =
      item.correcting ? nil : SitePath.claimBesides(item.assignment, task: item.task).string
    self.today = today
    renewEverySeconds = item.correcting ? nil : max(5, item.leaseSeconds / 3)
    sortable = site.files.path("vendor/sortable/Sortable.min.js")
    strings = site.strings.sections["behaviour"] ?? [:]
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
