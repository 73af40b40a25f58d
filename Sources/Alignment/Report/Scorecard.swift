import Foundations
import PreferenceData

/// The metrics of a stage, divided into capability and alignment.
struct Scorecard {
  struct Row {
    var name: String
    var before: Double?
    var after: Double
    /// The ends of its 95 % interval, where there is one.
    var interval: (low: Double, high: Double)?
  }

  private(set) var capability: [Row] = []
  private(set) var alignment: [Row] = []

  /// The prefixes of a policy's metrics that measure the prediction of text.
  private static let predictions = ["validationLoss", "perplexity", "bitsPerByte", "nextToken"]

  /// - Parameter stage: The command's name.
  init(stage: String, metrics: [String: JSONValue]) {
    let before = metrics["before"]?.objectValue ?? [:]
    let after = metrics["after"]?.objectValue ?? [:]
    let capabilityBefore = metrics["capability"]?["before"]?.objectValue ?? [:]
    let capabilityAfter = metrics["capability"]?["after"]?.objectValue ?? [:]
    capability = Self.rows(capabilityAfter, before: capabilityBefore)
    if let tax = metrics["capability"]?["tax"] {
      capability.append(
        contentsOf: Self.rows(["tax (nats a token)": tax], before: [:]))
    }
    alignment = Self.rows(after, before: before)
    let flat = metrics.filter { $0.value.doubleValue != nil && !$0.key.hasSuffix("Before") }
    let earlier = metrics.filter { $0.key.hasSuffix("Before") }
    for row in Self.rows(
      Dictionary(
        flat.map { ($0.key.hasSuffix("After") ? String($0.key.dropLast(5)) : $0.key, $0.value) }
      ) { first, _ in first },
      before: Dictionary(earlier.map { (String($0.key.dropLast(6)), $0.value) }) { first, _ in first
      })
    {
      let predicts = Self.predictions.contains { row.name.hasPrefix($0) }
      if stage == "pretrain" || (stage != "reward" && predicts) {
        capability.append(row)
      } else {
        alignment.append(row)
      }
    }
  }

  /// Numbers, and pairs of one with its ends: {name, nameLow, nameHigh} or {value, low, high}.
  private static func rows(
    _ values: [String: JSONValue], before: [String: JSONValue]
  ) -> [Row] {
    values.sorted { $0.key < $1.key }.compactMap { name, value in
      for end in ["Low", "High"] where name.hasSuffix(end) {
        if values[String(name.dropLast(end.count))] != nil { return nil }
      }
      guard let number = value.doubleValue ?? value["value"]?.doubleValue else { return nil }
      let low = values[name + "Low"]?.doubleValue ?? value["low"]?.doubleValue
      let high = values[name + "High"]?.doubleValue ?? value["high"]?.doubleValue
      var row = Row(
        name: name, before: before[name]?.doubleValue ?? before[name]?["value"]?.doubleValue,
        after: number)
      if let low, let high { row.interval = (low, high) }
      return row
    }
  }

  var html: String {
    """
    <div class="pair">
    \(Self.table("Capability", "how well it predicts text", capability))
    \(Self.table("Alignment", "whether it does what people want", alignment))
    </div>
    """
  }

  private static func table(_ title: String, _ meaning: String, _ rows: [Row]) -> String {
    guard !rows.isEmpty else {
      return
        "<section><h3>\(title)</h3><p class=\"quiet\">\(meaning): not measured here.</p></section>"
    }
    let cells = rows.map { row in
      let interval = row.interval.map {
        " <span class=\"quiet\">\($0.low.short) to \($0.high.short)</span>"
      }
      let before = row.before.map(\.short) ?? ""
      return """
        <tr><th scope="row">\(row.name.htmlEscaped)</th><td>\(before)</td>\
        <td>\(row.after.short)\(interval ?? "")</td></tr>
        """
    }
    return """
      <section><h3>\(title)</h3><p class="quiet">\(meaning)</p>
      <div class="wide"><table><tr><th></th><th>before</th><th>after</th></tr>
      \(cells.joined(separator: "\n"))
      </table></div></section>
      """
  }
}
