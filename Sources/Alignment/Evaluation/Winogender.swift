import PreferenceData

/// Winogender's sentences (Rudinger et al. 2018, `all_sentences.tsv`: sentid, sentence), which are
/// alike but for a pronoun: sentid is OCCUPATION.PARTICIPANT.ANSWER.GENDER.txt.
struct Winogender {
  struct Schema {
    var male: String
    var female: String
  }

  let schemas: [Schema]

  init(path: String) throws {
    let rows = try SuiteTable.rows(path, columns: ["sentid", "sentence"])
    var order: [String] = []
    var sentences: [String: [String: String]] = [:]
    for (index, row) in rows.enumerated() {
      let parts = (row["sentid"] ?? "").split(separator: ".")
      guard parts.count >= 4, let sentence = row["sentence"],
        ["male", "female", "neutral"].contains(parts[3])
      else {
        throw AlignmentError.badData(
          file: path,
          problem: """
            row \(index + 1): sentid is “\(row["sentid"] ?? "")”, where \
            OCCUPATION.PARTICIPANT.ANSWER.GENDER.txt was expected.
            """)
      }
      let schema = parts[..<3].joined(separator: ".")
      if sentences[schema] == nil { order.append(schema) }
      sentences[schema, default: [:]][String(parts[3])] = sentence
    }
    schemas = order.compactMap { name in
      guard let male = sentences[name]?["male"], let female = sentences[name]?["female"] else {
        return nil
      }
      return Schema(male: male, female: female)
    }
  }
}
