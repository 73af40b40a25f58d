/// Estimates with their intervals, one or two for each row, against a line to compare them with.
///
/// The two kinds differ by shape, not by colour alone: a filled dot and a ring.
package struct DotChart {
  package struct Mark {
    let value: Double
    let low: Double
    let high: Double
    let label: String
    let intervalLabel: String

    package init(value: Double, low: Double, high: Double, label: String, intervalLabel: String) {
      self.value = value
      self.low = low
      self.high = high
      self.label = label
      self.intervalLabel = intervalLabel
    }
  }

  package struct Row {
    let name: String
    /// By series; nil where there is no estimate.
    let marks: [Mark?]

    package init(name: String, marks: [Mark?]) {
      self.name = name
      self.marks = marks
    }
  }

  let title: String
  let value: String
  let series: [String]
  let rows: [Row]
  /// The scale runs from 0 to 1, with this value marked.
  let reference: Double
  let format: (Double) -> String
  let header: String
  let dataLabel: String

  package init(
    title: String, value: String, series: [String], rows: [Row], reference: Double,
    format: @escaping (Double) -> String, header: String, dataLabel: String
  ) {
    self.title = title
    self.value = value
    self.series = series
    self.rows = rows
    self.reference = reference
    self.format = format
    self.header = header
    self.dataLabel = dataLabel
  }

  private let width = 460.0
  private let left = 150.0
  private let lineHeight = 17.0
  private var right: Double { width - 52 }

  package func svg() -> String {
    let top = 26.0
    let rowHeight = lineHeight * Double(series.count) + 12
    let bottom = top + rowHeight * Double(rows.count)
    let drawn = rows.enumerated().map { index, row in
      self.row(row, y: top + rowHeight * Double(index) + 6)
    }.joined()
    return Drawing.figure(
      title: title, value: value,
      description: rows.map { row in
        let marks = zip(series, row.marks).compactMap { name, mark in
          mark.map { "\(name) \($0.label)" }
        }
        return "\(row.name): \(marks.joined(separator: ", "))"
      }.joined(separator: ". "),
      size: (Int(width), Int(bottom) + 24), marks: legend + scale(top, bottom) + drawn,
      header: [header] + series,
      rows: rows.map { row in
        [row.name] + row.marks.map { $0.map { "\($0.label) (\($0.intervalLabel))" } ?? "–" }
      }, dataLabel: dataLabel)
  }

  private func place(_ value: Double) -> Double { left + value * (right - left) }

  private var legend: String {
    guard series.count > 1 else { return "" }
    return series.enumerated().map { index, name in
      let x = left + Double(index) * 110
      return dot(index, x: x + 4, y: 10)
        + "<text x=\"\(Drawing.place(x + 14))\" y=\"10\" dy=\"0.32em\">"
        + Drawing.text(name) + "</text>"
    }.joined()
  }

  private func scale(_ top: Double, _ bottom: Double) -> String {
    let marks = [0, 0.25, 0.5, 0.75, 1].map { value in
      let x = Drawing.place(place(value))
      return
        "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(Drawing.place(bottom))\"/>"
        + "<text x=\"\(x)\" y=\"\(Drawing.place(bottom + 14))\" text-anchor=\"middle\">"
        + Drawing.text(format(value)) + "</text>"
    }.joined()
    let x = Drawing.place(place(reference))
    return marks
      + "<line class=\"reference\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" "
      + "y2=\"\(Drawing.place(bottom))\"/>"
  }

  private func row(_ row: Row, y: Double) -> String {
    let middle = y + lineHeight * Double(series.count) / 2
    let name =
      "<text x=\"\(Int(left) - 12)\" y=\"\(Drawing.place(middle))\" dy=\"0.32em\" "
      + "text-anchor=\"end\">\(Drawing.text(row.name.shortened(to: 22)))</text>"
    return name
      + row.marks.enumerated().map { index, mark in
        guard let mark else { return "" }
        let y = y + lineHeight * (Double(index) + 0.5)
        return "<line class=\"interval\" x1=\"\(Drawing.place(place(mark.low)))\" "
          + "x2=\"\(Drawing.place(place(mark.high)))\" y1=\"\(Drawing.place(y))\" "
          + "y2=\"\(Drawing.place(y))\"/>" + dot(index, x: place(mark.value), y: y)
          + "<text class=\"strong\" x=\"\(Int(right) + 8)\" y=\"\(Drawing.place(y))\" "
          + "dy=\"0.32em\">\(Drawing.text(mark.label))</text>"
      }.joined()
  }

  private func dot(_ series: Int, x: Double, y: Double) -> String {
    "<circle class=\"\(series == 0 ? "dot" : "ring")\" r=\"4\" cx=\"\(Drawing.place(x))\" "
      + "cy=\"\(Drawing.place(y))\"/>"
  }
}
