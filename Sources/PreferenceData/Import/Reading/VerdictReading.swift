/// Reads the judgements among the members of a row.
struct VerdictReading {
  /// The members that are left.
  private(set) var members: [String: JSONValue]
  private(set) var verdicts: [ImportedJudgement] = []
  private(set) var findings: Set<RowFinding> = []
  /// Whether the row names the person who judged.
  private(set) var hasNamedJudge = false
  private let keys: RowKeys
  private let context: VerdictContext

  init(members: [String: JSONValue], keys: RowKeys, context: VerdictContext) {
    self.members = members
    self.keys = keys
    self.context = context
  }

  mutating func read() {
    readAnnotators()
    readMultiPref()
    readIndividualPreferences()
    if verdicts.isEmpty { readOneHot() }
    if verdicts.isEmpty { readVerdict() }
  }

  // PandaLM: annotator1, annotator2, annotator3, each 1, 2, or 0 for a tie.
  private mutating func readAnnotators() {
    for name in keys.annotators {
      guard let value = members[name], let found = context.verdict(value, key: name) else {
        continue
      }
      members[name] = nil
      verdicts.append(judgement(found, by: name))
    }
  }

  // MultiPref: lists of annotations by two groups of workers.
  private mutating func readMultiPref() {
    for group in ["expert_worker_annotations", "normal_worker_annotations"] {
      guard let annotations = members[group]?.arrayValue else { continue }
      var unread: [JSONValue] = []
      for annotation in annotations {
        guard case .object(var details) = annotation, let value = details["overall_pref"],
          let found = context.verdict(value, key: "overall_pref")
        else {
          unread.append(annotation)
          continue
        }
        let judge = details.removeValue(forKey: "evaluator")?.stringValue
        details["group"] = .string(group.hasPrefix("expert") ? "expert" : "normal")
        var judgement = judgement(found, by: judge)
        judgement.details = details.filter { $0.value != .null }
        verdicts.append(judgement)
      }
      members.removeValue(forKey: group)
      if !unread.isEmpty { members[group] = .array(unread) }
    }
  }

  // HelpSteer3: an entry for each person; negative numbers prefer the first answer.
  private mutating func readIndividualPreferences() {
    guard let entries = members["individual_preference"]?.arrayValue, !entries.isEmpty else {
      return
    }
    var found: [ImportedJudgement] = []
    for (index, entry) in entries.enumerated() {
      guard case .object(var details) = entry, let score = details["score"],
        let verdict = context.verdict(score, key: "overall_preference")
      else { return }
      var judgement = judgement(verdict, by: "annotator-\(index + 1)")
      judgement.rationale = details.removeValue(forKey: "reasoning")?.stringValue
      judgement.details = details.filter { $0.value != .null }
      found.append(judgement)
    }
    verdicts += found
    members["individual_preference"] = nil
  }

  // Arena 55k: winner_model_a, winner_model_b and winner_tie are 0 or 1.
  private mutating func readOneHot() {
    var won: [String] = []
    var names: [String] = []
    for name in members.keys {
      let word = ColumnWords.word(name)
      guard word.hasPrefix("winner"), word.count > 6, let value = members[name]?.number else {
        continue
      }
      names.append(name)
      if value == 1 { won.append(String(word.dropFirst(6))) }
    }
    guard names.count >= 2, won.count == 1,
      let found = context.verdict(.string(won[0]), key: "winner")
    else { return }
    for name in names { members[name] = nil }
    add(found)
  }

  /// Names of much else, which are a preference only if their values are.
  private static let unsure: Set<String> = [
    "label", "labels", "choice", "decision", "ranking", "vote", "chosen",
  ]

  private mutating func readVerdict() {
    for name in keys.verdicts {
      guard let value = members[name].filled else { continue }
      guard let found = context.verdict(value, key: name) else {
        if value.objectValue == nil, !Self.unsure.contains(ColumnWords.word(name)) {
          findings.insert(RowFinding(.unreadPreference, name))
        }
        continue
      }
      members[name] = nil
      add(found, value)
      return
    }
  }

  private mutating func add(_ found: VerdictContext.Verdict, _ value: JSONValue? = nil) {
    var judge: String?
    for name in keys.judges {
      guard let value = members[name].filled else { continue }
      judge = value.stringValue ?? CanonicalJSON.text(value)
      members[name] = nil
      hasNamedJudge = true
      break
    }
    var judgement = judgement(found, by: judge)
    for name in keys.rationales {
      guard judgement.rationale == nil, let text = members[name].filled?.stringValue else {
        continue
      }
      judgement.rationale = text
      members[name] = nil
    }
    if let value { judgement.details["value"] = value }
    verdicts.append(judgement)
  }

  private func judgement(
    _ verdict: VerdictContext.Verdict, by judge: String?
  ) -> ImportedJudgement {
    ImportedJudgement(judge: judge, ranking: verdict.ranking, isBothBad: verdict.isBothBad)
  }
}
