/// Counts over days, each a column.
package struct ColumnChart {
  package struct Column {
    let name: String
    let value: Double

    package init(name: String, value: Double) {
      self.name = name
      self.value = value
    }
  }

  let title: String
  let value: String
  let columns: [Column]
  let header: [String]
  let dataLabel: String

  package init(
    title: String, value: String, columns: [Column], header: [String], dataLabel: String
  ) {
    self.title = title
    self.value = value
    self.columns = columns
    self.header = header
    self.dataLabel = dataLabel
  }

  private let width = 460.0
  private let height = 190.0

  package func svg() -> String {
    let frame = ChartFrame(
      width: width, height: height,
      values: ChartScale(
        columns.map(\.value), from: height - 26, to: 12, includesZero: true, wholeSteps: true))
    let room = (frame.right - frame.left) / Double(max(1, columns.count))
    let bars = columns.enumerated().map { index, column in
      let top = frame.values.place(column.value)
      let x = frame.left + room * Double(index) + room * 0.12
      return "<rect class=\"bar-mark\" x=\"\(Drawing.place(x))\" y=\"\(Drawing.place(top))\" "
        + "width=\"\(Drawing.place(room * 0.76))\" "
        + "height=\"\(Drawing.place(max(0, frame.values.place(0) - top)))\" rx=\"1.5\"/>"
    }.joined()
    let busiest = columns.max { $0.value < $1.value }
    return Drawing.figure(
      title: title, value: value,
      description: [columns.first, busiest, columns.last].compactMap(\.self)
        .map { "\($0.name): \(Drawing.number($0.value))" }.joined(separator: ", "),
      size: (Int(width), Int(height)),
      marks: frame.grid(Drawing.number) + bars
        + frame.ends(columns.first?.name, columns.count > 1 ? columns.last?.name : nil),
      header: header, rows: columns.map { [$0.name, Drawing.number($0.value)] },
      dataLabel: dataLabel)
  }
}

/// The grid and the ends of a chart over time.
struct ChartFrame {
  let width: Double
  let height: Double
  let values: ChartScale
  let left = 44.0
  var right: Double { width - 12 }

  func grid(_ format: (Double) -> String) -> String {
    values.marks.map { mark in
      let y = Drawing.place(values.place(mark))
      return
        "<line class=\"grid\" x1=\"\(Int(left))\" x2=\"\(Int(right))\" y1=\"\(y)\" y2=\"\(y)\"/>"
        + "<text x=\"\(Int(left) - 6)\" y=\"\(y)\" dy=\"0.32em\" text-anchor=\"end\">"
        + Drawing.text(format(mark)) + "</text>"
    }.joined()
  }

  /// The names of the first and the last column; a single column is in the middle, and so is its name.
  func ends(_ first: String?, _ last: String?) -> String {
    let y = Int(height) - 6
    if let first, last == nil {
      return "<text x=\"\(Drawing.place((left + right) / 2))\" y=\"\(y)\" "
        + "text-anchor=\"middle\">\(Drawing.text(first))</text>"
    }
    let start = first.map { "<text x=\"\(Int(left))\" y=\"\(y)\">\(Drawing.text($0))</text>" }
    let end = last.map {
      "<text x=\"\(Int(right))\" y=\"\(y)\" text-anchor=\"end\">\(Drawing.text($0))</text>"
    }
    return (start ?? "") + (end ?? "")
  }
}
