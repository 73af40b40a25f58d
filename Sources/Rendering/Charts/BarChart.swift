/// Shares or counts side by side, each with its name and, where there is one, its interval.
package struct BarChart {
  package struct Bar {
    let name: String
    let value: Double
    var low: Double?
    var high: Double?
    let label: String
    /// A heading above this bar, for it and those that follow.
    var group: String?
    /// The page with the rows behind the number.
    var href: String?
    var intervalLabel: String?

    package init(
      name: String, value: Double, low: Double? = nil, high: Double? = nil, label: String,
      group: String? = nil, href: String? = nil, intervalLabel: String? = nil
    ) {
      self.name = name
      self.value = value
      self.low = low
      self.high = high
      self.label = label
      self.group = group
      self.href = href
      self.intervalLabel = intervalLabel
    }
  }

  let title: String
  let value: String
  let bars: [Bar]
  /// The right end of the scale, or nil for the largest value.
  let limit: Double?
  var header: [String]?
  let dataLabel: String

  package init(
    title: String, value: String, bars: [Bar], limit: Double?, header: [String]? = nil,
    dataLabel: String
  ) {
    self.title = title
    self.value = value
    self.bars = bars
    self.limit = limit
    self.header = header
    self.dataLabel = dataLabel
  }

  private let width = 460.0
  private let rowHeight = 26.0
  private let left = 192.0

  package func svg() -> String {
    let limit = max(limit ?? 0, bars.map { max($0.value, $0.high ?? 0) }.max() ?? 0, 1e-9)
    var y = 6.0
    var group = ""
    var marks = ""
    var rows: [[String]] = []
    for bar in bars {
      if let heading = bar.group {
        group = heading
        marks +=
          "<text class=\"strong\" x=\"0\" y=\"\(Drawing.place(y + 12))\">"
          + Drawing.text(heading) + "</text>"
        y += 22
      }
      let mark = mark(bar, y: y, limit: limit)
      marks += bar.href.map { "<a href=\"\(Drawing.text($0))\">\(mark)</a>" } ?? mark
      let name = group.isEmpty ? bar.name : "\(group), \(bar.name)"
      rows.append([name, bar.label] + (bar.intervalLabel.map { [$0] } ?? []))
      y += rowHeight
    }
    return Drawing.figure(
      title: title, value: value,
      description: rows.map { $0.joined(separator: ": ") }.joined(separator: ", "),
      size: (Int(width), Int(y) + 4), marks: marks, header: header ?? ["", title], rows: rows,
      isInteractive: bars.contains { $0.href != nil }, dataLabel: dataLabel)
  }

  private func mark(_ bar: Bar, y: Double, limit: Double) -> String {
    let span = width - left - 64
    let length = bar.value / limit * span
    let middle = Drawing.place(y + 8)
    var drawn =
      "<text x=\"\(Int(left) - 10)\" y=\"\(middle)\" dy=\"0.32em\" "
      + "text-anchor=\"end\">\(Drawing.text(bar.name.shortened(to: 27)))</text>"
      + "<rect class=\"bar-mark\" x=\"\(Int(left))\" y=\"\(Drawing.place(y))\" "
      + "width=\"\(Drawing.place(max(1, length)))\" height=\"16\" rx=\"3\"/>"
    var end = left + length
    if let low = bar.low, let high = bar.high {
      let ends =
        "x1=\"\(Drawing.place(left + low / limit * span))\" "
        + "x2=\"\(Drawing.place(left + high / limit * span))\" y1=\"\(middle)\" y2=\"\(middle)\""
      // The halo keeps the interval apart from the bar that it lies on.
      drawn += "<line class=\"interval-halo\" \(ends)/><line class=\"interval\" \(ends)/>"
      end = max(end, left + high / limit * span)
    }
    return drawn
      + "<text class=\"strong\" x=\"\(Drawing.place(end + 8))\" y=\"\(middle)\" "
      + "dy=\"0.32em\">\(Drawing.text(bar.label))</text>"
  }
}
