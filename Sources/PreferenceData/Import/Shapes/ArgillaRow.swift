extension ImportedRow {
  /// Reads a record of an Argilla export: its fields by their names, and one judgement for each
  /// person who answered a ranking question. Drafts and discarded ones are metadata.
  static func argilla(
    _ row: [String: JSONValue], _ cache: inout RowKeyCache
  ) throws(LineProblem) -> ImportedRow {
    guard case .object(let fields)? = row["fields"] else { throw .missing("fields") }
    let keys = cache.keys(of: fields)
    var imported = try ForeignRowReader.read(fields, keys)
    for (name, value) in row["metadata"]?.objectValue ?? [:] where value != .null {
      imported.keep(name, value)
    }
    if let other = row["metadata"], other != .null, other.objectValue == nil {
      imported.keep("metadata", other)
    }
    let idKey = row["external_id"].filled == nil ? "id" : "external_id"
    if let id = row[idKey], id != .null { imported.setID(id, key: idKey) }
    let names = keys.answers.map(\.name)
    if let responses = row["responses"] {
      let rest = imported.readResponses(responses, names)
      if let rest { imported.keep("responses", rest) }
    }
    let known: Set<String> = ["fields", "metadata", idKey, "responses"]
    for (name, value) in row
    where !known.contains(name) && value != .null && value != .array([]) && value != .object([:]) {
      imported.keep(name, value)
    }
    return imported
  }

  // Argilla 2 groups responses by question, Argilla 1 by person. Returns everything that is not a ranking.
  private mutating func readResponses(_ responses: JSONValue, _ names: [String]) -> JSONValue? {
    switch responses {
    case .object(let questions):
      var rest: [String: JSONValue] = [:]
      for (question, answers) in questions.sorted(by: { $0.key < $1.key }) {
        let unread = (answers.arrayValue ?? [answers]).compactMap {
          read($0["value"], $0, names) ? Self.rest(of: $0, without: "value") : $0
        }
        if !unread.isEmpty { rest[question] = .array(unread) }
      }
      if rest.isEmpty { return nil }
      return .object(rest)
    case .array(let people):
      var rest: [JSONValue] = []
      for person in people {
        guard case .object(var members) = person, case .object(var values)? = members["values"],
          !values.isEmpty
        else {
          rest.append(person)
          continue
        }
        for (question, value) in values.sorted(by: { $0.key < $1.key })
        where read(value["value"], person, names) { values[question] = nil }
        members["values"] = .object(values)
        if !values.isEmpty {
          rest.append(.object(members))
        } else if let person = Self.rest(of: person, without: "values") {
          rest.append(person)
        }
      }
      if rest.isEmpty { return nil }
      return .array(rest)
    case .null: return nil
    default: return responses
    }
  }

  // What a judgement does not keep of the response that it was read from.
  private static func rest(of response: JSONValue, without key: String) -> JSONValue? {
    guard case .object(let members) = response else { return nil }
    let kept: Set = [key, "user_id", "user", "user_name", "status"]
    let rest = members.filter { !kept.contains($0.key) && $0.value != .null }
    return rest.isEmpty ? nil : .object(rest)
  }

  private mutating func read(
    _ value: JSONValue?, _ response: JSONValue, _ names: [String]
  ) -> Bool {
    guard let entries = value?.arrayValue, entries.first?["rank"] != nil,
      names.count == answers.count
    else { return false }
    var places: [(index: Int, rank: Double)] = []
    for entry in entries {
      guard let name = entry["value"]?.stringValue, let rank = entry["rank"]?.number,
        let index = names.firstIndex(where: { ColumnWords.word($0) == ColumnWords.word(name) })
      else { return false }
      places.append((index, rank))
    }
    let ranking = Dictionary(grouping: places, by: \.rank).sorted { $0.key < $1.key }
      .map { $0.value.map(\.index).sorted() }
    let person = response["user_id"] ?? response["user"] ?? response["user_name"]
    let judge = person?.stringValue ?? person?.intValue.map(String.init)
    let status = response["status"]?.stringValue ?? "submitted"
    take(
      ImportedJudgement(judge: judge, ranking: ranking),
      status: status == "submitted" ? nil : status)
    return true
  }
}
