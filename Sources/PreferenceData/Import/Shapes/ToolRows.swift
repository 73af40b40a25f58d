import Foundation

extension ImportedRow {
  /// Reads a task of a Label Studio export (JSON): its data by their names, and the ranking or the
  /// choice between two in its first annotation.
  init(labelStudio row: JSONValue) throws {
    guard case .object(var data)? = row["data"] else { throw LineProblem.missing("data") }
    let items = Self.rankedItems(&data)
    try self.init(
      columns: ColumnMapping(guessing: data.keys.sorted()), of: .object(data), shape: .labelStudio)
    let annotations = row["annotations"]?.arrayValue ?? row["completions"]?.arrayValue ?? []
    let results = annotations.flatMap { $0["result"]?.arrayValue ?? [] }
    guard items.count <= PromptRecord.responseCounts.upperBound else {
      throw LineProblem.responseCount(items.count)
    }
    if !items.isEmpty { answers = items.map { Answer(text: $0.text) } }
    for value in results.compactMap({ $0["value"] }) {
      if let order = value["ranker"]?.objectValue?.values.first?.arrayValue {
        for (place, name) in order.enumerated() {
          guard let index = items.firstIndex(where: { $0.id == name.stringValue }) else { continue }
          answers[index].place = Double(place)
        }
      } else if let side = value["selected"]?.stringValue, answers.count == 2 {
        answers[0].place = side == "left" ? 1 : 2
        answers[1].place = side == "left" ? 2 : 1
      }
    }
    if let number = row["id"], id == nil { id = try PromptRecord.id(number, key: "id") }
  }

  /// Returns the list of Label Studio's Ranker, {id, title, body}.
  private static func rankedItems(
    _ data: inout [String: JSONValue]
  ) -> [(id: String?, text: String)] {
    for key in data.keys.sorted() {
      guard let elements = data[key]?.arrayValue, elements.first?["body"]?.stringValue != nil else {
        continue
      }
      data[key] = nil
      return elements.compactMap { element in
        element["body"]?.stringValue.map {
          (element["id"]?.stringValue ?? element["id"]?.intValue.map(String.init), $0)
        }
      }
    }
    return []
  }

  /// Reads a record of an Argilla export: its fields by their names, and the first submitted
  /// answer to a ranking question.
  init(argilla row: JSONValue) throws {
    guard case .object(let fields)? = row["fields"] else { throw LineProblem.missing("fields") }
    let mapping = ColumnMapping(guessing: fields.keys.sorted())
    try self.init(columns: mapping, of: .object(fields), shape: .argilla)
    for (key, value) in row["metadata"]?.objectValue ?? [:] { metadata[key] = value }
    if let name = row["external_id"] ?? row["id"], name != .null {
      id = try PromptRecord.id(name, key: "id")
    }
    guard mapping.responses.count == answers.count,
      answers.count <= PromptRecord.responseCounts.upperBound
    else { return }
    for entry in Self.ranking(row["responses"]) {
      guard let name = entry["value"]?.stringValue, let rank = entry["rank"]?.doubleValue,
        let index = mapping.responses.firstIndex(of: name)
      else { continue }
      answers[index].place = rank
    }
  }

  /// Argilla 2 groups responses by question, Argilla 1 by person.
  private static func ranking(_ responses: JSONValue?) -> [JSONValue] {
    func ranked(_ value: JSONValue?) -> [JSONValue]? {
      guard let list = value?.arrayValue, list.first?["rank"] != nil else { return nil }
      return list
    }
    switch responses {
    case .object(let questions)?:
      return questions.keys.sorted().lazy.compactMap { questions[$0]?.arrayValue }.joined()
        .lazy.compactMap { ranked($0["value"]) }.first ?? []
    case .array(let people)?:
      return people.lazy.compactMap { $0["values"]?.objectValue }.joined()
        .sorted { $0.key < $1.key }.lazy.compactMap { ranked($0.value["value"]) }.first ?? []
    default: return []
    }
  }
}
