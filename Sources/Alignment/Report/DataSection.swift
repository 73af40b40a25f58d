import Foundations
import PreferenceData

/// The section of the report on truncated and excluded data.
struct DataSection {
  /// The stage's metrics, of which `data` and `rewardModels` are used.
  let metrics: [String: JSONValue]

  var html: String {
    let tables = [splits, rewardModels].compactMap(\.self)
    return tables.isEmpty ? "" : "<h2>Data</h2>\n" + tables.joined(separator: "\n")
  }

  private var splits: String? {
    guard let data = metrics["data"], let length = data["maxLength"]?.intValue else { return nil }
    let rows = ["train", "validation"].compactMap { split in
      data[split].map { counts in
        [
          split, Self.share(counts, "truncatedPrompts", "prompts"),
          Self.share(counts, "truncatedAnswers", "answers"), Self.leftOut(counts),
        ]
      }
    }
    return Self.table(
      ["split", "prompts that lose their start", "answers that lose their end", "left out"], rows,
      caption: "maxLength \(length)")
  }

  private var rewardModels: String? {
    guard let models = metrics["rewardModels"]?.arrayValue, !models.isEmpty else { return nil }
    let rows = models.map { counts in
      [
        counts["model"]?.stringValue ?? "",
        counts["reencodes"]?.boolValue == true ? "as text" : "the policy's tokens",
        Self.share(counts, "truncatedPrompts", "answers"),
        Self.share(counts, "truncatedAnswers", "answers"),
      ]
    }
    return Self.table(
      ["reward model", "reads", "without their prompt's start", "without their end"], rows,
      caption: "answers scored")
  }

  /// “3 of 40”.
  private static func share(_ counts: JSONValue, _ part: String, _ all: String) -> String {
    "\(counts[part]?.intValue ?? 0) of \(counts[all]?.intValue ?? 0)"
  }

  private static func leftOut(_ counts: JSONValue) -> String {
    let reasons = ExampleCounts.Reason.allCases.compactMap { reason in
      counts["leftOut"]?[reason.rawValue]?.intValue.map { "\($0) \(reason.words)" }
    }
    return reasons.isEmpty ? "nothing" : reasons.joined(separator: ", ")
  }

  private static func table(_ heads: [String], _ rows: [[String]], caption: String) -> String {
    let head = heads.map { "<th>\($0.htmlEscaped)</th>" }.joined()
    let body = rows.map { row in
      let cells = row.dropFirst().map { "<td>\($0.htmlEscaped)</td>" }.joined()
      return "<tr><th scope=\"row\">\((row.first ?? "").htmlEscaped)</th>\(cells)</tr>"
    }
    return """
      <p class="quiet">\(caption.htmlEscaped)</p>
      <div class="wide"><table><tr>\(head)</tr>
      \(body.joined(separator: "\n"))
      </table></div>
      """
  }
}
