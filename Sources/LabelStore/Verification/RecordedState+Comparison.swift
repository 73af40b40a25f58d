extension RecordedState {
  /// Returns the differences between the tables and this state, which the event log produced.
  func differences(from stored: RecordedState) -> [String] {
    differences(people, stored.people, of: "person") { logged, stored in
      var parts: [String] = []
      if logged.name != stored.name { parts.append("name") }
      if logged.role != stored.role { parts.append("role") }
      if logged.createdAt != stored.createdAt { parts.append("time of joining") }
      if logged.disabledAt != stored.disabledAt { parts.append("disabled state") }
      if logged.isExternal != stored.isExternal { parts.append("external state") }
      return parts
    }
      + differences(
        keyed(pseudonyms), keyed(stored.pseudonyms), of: "pseudonym of person"
      ) { $0 == $1 ? [] : ["text"] }
      + differences(tasks, stored.tasks, of: "task") { logged, stored in
        var parts: [String] = []
        if logged.definition != stored.definition { parts.append("definition") }
        if logged.guidelines != stored.guidelines { parts.append("guidelines") }
        if let origin = logged.origin, origin != stored.origin {
          parts.append("short name, seed or time of creation")
        }
        if logged.round != stored.round { parts.append("round") }
        if logged.archivedAt != stored.archivedAt { parts.append("archived state") }
        return parts
      }
      + differences(gold, stored.gold, of: "gold prompt") { logged, stored in
        (logged.sha256 == stored.sha256 ? [] : ["known judgement"])
          + (logged.createdAt == stored.createdAt ? [] : ["time"])
      }
      + differences(promptFilters, stored.promptFilters, of: "prompt filter of person") {
        $0 == $1 ? [] : ["languages or tags"]
      }
      + differences(withdrawnImports, stored.withdrawnImports, of: "withdrawal of import") {
        $0 == $1 ? [] : ["time"]
      }
      + differences(withdrawn, stored.withdrawn, "withdrawn")
      + differences(closed, stored.closed, "closed")
  }

  private func differences(
    _ logged: PromptRanges, _ stored: PromptRanges, _ state: String
  ) -> [String] {
    let differing = logged.difference(from: stored)
    guard let first = differing.first else { return [] }
    return [
      "\(differing.count) prompts are \(state) only in the store or only in the event log, from the "
        + "row id \(first) on."
    ]
  }

  private func keyed(_ pseudonyms: [Participation: String]) -> [String: String] {
    Dictionary(
      pseudonyms.map { ("\($0.key.person) in task \($0.key.task)", $0.value) },
      uniquingKeysWith: { first, _ in first })
  }

  private func differences<Key: Hashable & Comparable, Value>(
    _ logged: [Key: Value], _ stored: [Key: Value], of kind: String,
    parts: (_ logged: Value, _ stored: Value) -> [String]
  ) -> [String] {
    Set(logged.keys).union(stored.keys).sorted().compactMap { key in
      switch (logged[key], stored[key]) {
      case (let logged?, let stored?):
        let parts = parts(logged, stored)
        return parts.isEmpty
          ? nil : "The \(kind) \(key) differs from the event log: \(parts.joined(separator: ", "))."
      case (nil, _): return "The \(kind) \(key) is in the store but not in the event log."
      case (_, nil): return "The \(kind) \(key) is in the event log but not in the store."
      }
    }
  }
}
