/// Shares or counts side by side, each with its name and, where there is one, its interval.
struct BarChart {
  struct Bar {
    let name: String
    let value: Double
    var low: Double?
    var high: Double?
    let label: String
  }

  let title: String
  let value: String
  let bars: [Bar]
  /// The right end of the scale, or nil for the largest value.
  let limit: Double?
  let dataLabel: String

  private let width = 460.0
  private let rowHeight = 30.0

  func svg() -> String {
    let height = Int(rowHeight * Double(bars.count)) + 8
    let limit = max(limit ?? 0, bars.map { max($0.value, $0.high ?? 0) }.max() ?? 0, 1e-9)
    let left = 192.0
    let span = width - left - 64
    let marks = bars.enumerated().map { index, bar in
      let y = rowHeight * Double(index) + 8
      let length = bar.value / limit * span
      var drawn =
        "<text x=\"\(Int(left) - 10)\" y=\"\(Drawing.place(y + 9))\" dy=\"0.32em\" "
        + "text-anchor=\"end\">\(Drawing.text(shortened(bar.name)))</text>"
        + "<rect class=\"bar-mark\" x=\"\(Int(left))\" y=\"\(Drawing.place(y))\" "
        + "width=\"\(Drawing.place(max(1, length)))\" height=\"18\" rx=\"3\"/>"
      var end = left + length
      if let low = bar.low, let high = bar.high {
        let middle = Drawing.place(y + 9)
        let ends =
          "x1=\"\(Drawing.place(left + low / limit * span))\" "
          + "x2=\"\(Drawing.place(left + high / limit * span))\" y1=\"\(middle)\" y2=\"\(middle)\""
        // The halo keeps the interval apart from the bar that it lies on.
        drawn += "<line class=\"interval-halo\" \(ends)/><line class=\"interval\" \(ends)/>"
        end = max(end, left + high / limit * span)
      }
      drawn +=
        "<text class=\"strong\" x=\"\(Drawing.place(end + 8))\" y=\"\(Drawing.place(y + 9))\" "
        + "dy=\"0.32em\">\(Drawing.text(bar.label))</text>"
      return drawn
    }.joined()
    return Drawing.figure(
      title: title, value: value,
      description: bars.map { "\($0.name): \($0.label)" }.joined(separator: ", "),
      size: (Int(width), height), marks: marks, header: ["", title],
      rows: bars.map { [$0.name, $0.label] }, dataLabel: dataLabel)
  }

  private func shortened(_ name: String) -> String {
    name.count <= 27 ? name : String(name.prefix(26)) + "…"
  }
}
