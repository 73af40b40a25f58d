extension ImportedRow {
  /// Reads a task of a Label Studio export (JSON): its data by their names, and one judgement for
  /// each annotation with a ranking or a choice between two. Cancelled ones are metadata.
  static func labelStudio(
    _ row: [String: JSONValue], _ cache: inout RowKeyCache
  ) throws(LineProblem) -> ImportedRow {
    guard case .object(var data)? = row["data"] else { throw .missing("data") }
    let items = rankedItems(&data)
    var imported = try ForeignRowReader.read(data, cache.keys(of: data))
    if let items {
      imported.answers = items.compactMap { item in
        item.text.map { Answer(text: $0, source: nil, details: item.details) }
      }
    }
    let names = items?.map(\.id) ?? []
    let key = row["annotations"] == nil ? "completions" : "annotations"
    var unread: [JSONValue] = []
    if let other = row[key], other != .null, other.arrayValue == nil { imported.keep(key, other) }
    for annotation in row[key]?.arrayValue ?? [] {
      if let found = judgement(annotation, names, count: imported.answers.count) {
        imported.take(found, status: isCancelled(annotation) ? "cancelled" : nil)
      } else if annotation["result"] != .array([]) || isCancelled(annotation) {
        unread.append(annotation)
      }
    }
    if !unread.isEmpty { imported.keep(key, .array(unread)) }
    if let id = row["id"], id != .null, imported.id == nil { imported.setID(id, key: "id") }
    let known: Set<String> = ["id", "data", key]
    for (name, value) in row where !known.contains(name) && value != .null && value != .array([]) {
      imported.keep(name, value)
    }
    return imported
  }

  /// Adds a judgement. One that was not submitted is metadata only.
  mutating func take(_ judgement: ImportedJudgement, status: String?) {
    guard let status else { return verdicts.append(judgement) }
    findings.insert(RowFinding(.notSubmitted, status))
    var kept = Self.json(judgement, from: .labelStudio).objectValue ?? [:]
    kept["from"] = nil
    kept["status"] = .string(status)
    let earlier = metadata["judgements_not_submitted"]?.arrayValue ?? []
    metadata["judgements_not_submitted"] = .array(earlier + [.object(kept)])
  }

  private static func isCancelled(_ annotation: JSONValue) -> Bool {
    annotation["was_cancelled"]?.boolValue == true
  }

  private typealias Item = (id: String?, text: String?, details: [String: JSONValue])

  /// Returns the list of Label Studio's Ranker, {id, title, body}.
  private static func rankedItems(_ data: inout [String: JSONValue]) -> [Item]? {
    for key in data.keys.sorted() {
      guard let elements = data[key]?.arrayValue, elements.first?["body"]?.stringValue != nil else {
        continue
      }
      data[key] = nil
      return elements.map { element in
        var rest = element.objectValue ?? [:]
        let id = rest.removeValue(forKey: "id")
        let text = rest.removeValue(forKey: "body")?.stringValue
        return (
          id?.stringValue ?? id?.intValue.map(String.init), text, rest.filter { $0.value != .null }
        )
      }
    }
    return nil
  }

  private static func judgement(
    _ annotation: JSONValue, _ names: [String?], count: Int
  ) -> ImportedJudgement? {
    var ranking: [[Int]] = []
    var others: [JSONValue] = []
    var rationale: String?
    for result in annotation["result"]?.arrayValue ?? [] {
      let value = result["value"] ?? .null
      if let order = order(value), !names.isEmpty {
        ranking = order.compactMap { name in names.firstIndex(of: name).map { [$0] } }
      } else if let side = value["selected"]?.stringValue, count == 2,
        ["left", "right"].contains(side)
      {
        ranking = side == "left" ? [[0], [1]] : [[1], [0]]
      } else if value["choices"]?.arrayValue?.first?.stringValue.map(isTie) == true, count == 2 {
        ranking = [[0, 1]]
      } else if rationale == nil, let text = value["text"] {
        rationale =
          text.stringValue
          ?? text.arrayValue?.compactMap(\.stringValue).joined(separator: "\n")
      } else {
        others.append(result)
      }
    }
    guard !ranking.isEmpty else { return nil }
    var details: [String: JSONValue] = [:]
    for name in ["lead_time", "ground_truth", "created_at"] { details[name] = annotation[name] }
    if !others.isEmpty { details["result"] = .array(others) }
    return ImportedJudgement(
      judge: judge(annotation["completed_by"]), ranking: ranking, rationale: rationale,
      details: details.filter { $0.value != .null && $0.value != false })
  }

  private static func isTie(_ choice: String) -> Bool {
    ["tie", "equal", "same", "both"].contains(ColumnWords.word(choice))
  }

  private static func order(_ value: JSONValue) -> [String?]? {
    let lists = value["ranker"]?.objectValue.map {
      Array($0.sorted { $0.key < $1.key }.map(\.value))
    }
    let list = lists?.first?.arrayValue ?? value["ranker"]?.arrayValue
    return list?.map { $0.stringValue ?? $0.intValue.map(String.init) }
  }

  private static func judge(_ value: JSONValue?) -> String? {
    switch value {
    case .integer(let number)?: String(number)
    case .string(let name)?: name
    case let person?: person["email"]?.stringValue ?? person["id"].map { CanonicalJSON.text($0) }
    case nil: nil
    }
  }
}
