/// A curve over steps or days.
struct LineChart {
  struct Point {
    let x: Double
    let y: Double
    let name: String
  }

  let title: String
  let points: [Point]
  let includesZero: Bool
  let dataLabel: String

  private let width = 460.0
  private let height = 190.0

  func svg() -> String {
    guard let first = points.first, let last = points.last else { return "" }
    let ys = ChartScale(
      points.map(\.y), from: height - 26, to: 12, includesZero: includesZero)
    let xs = ChartScale.exact(points.map(\.x), from: 44, to: width - 12)
    let path = points.enumerated().map { index, point in
      let command = index == 0 ? "M" : "L"
      return command + Drawing.place(xs(point.x)) + " " + Drawing.place(ys.place(point.y))
    }.joined()
    let grid = ys.marks.map { mark in
      let y = Drawing.place(ys.place(mark))
      return "<line class=\"grid\" x1=\"44\" x2=\"\(Int(width) - 12)\" y1=\"\(y)\" y2=\"\(y)\"/>"
        + "<text x=\"38\" y=\"\(y)\" dy=\"0.32em\" text-anchor=\"end\">"
        + Drawing.text(Drawing.number(mark)) + "</text>"
    }.joined()
    let ends =
      "<text x=\"44\" y=\"\(Int(height) - 6)\">\(Drawing.text(first.name))</text>"
      + (points.count > 1
        ? "<text x=\"\(Int(width) - 12)\" y=\"\(Int(height) - 6)\" text-anchor=\"end\">"
          + Drawing.text(last.name) + "</text>" : "")
    let dot =
      "<circle class=\"dot\" r=\"3\" cx=\"\(Drawing.place(xs(last.x)))\" "
      + "cy=\"\(Drawing.place(ys.place(last.y)))\"/>"
    return Drawing.figure(
      title: title, value: Drawing.number(last.y),
      description: "\(first.name): \(Drawing.number(first.y)). \(last.name): "
        + Drawing.number(last.y),
      size: (Int(width), Int(height)),
      marks: grid + "<path class=\"line\" d=\"\(path)\"/>" + dot
        + ends,
      header: ["", title], rows: thinned.map { [$0.name, Drawing.number($0.y)] },
      dataLabel: dataLabel)
  }

  // A table of thousands of steps helps nobody: every n-th row and the last.
  private var thinned: [Point] {
    let step = max(1, points.count / 40)
    return points.enumerated().filter { $0.offset % step == 0 || $0.offset == points.count - 1 }
      .map(\.element)
  }
}

extension ChartScale {
  static func exact(
    _ values: [Double], from start: Double, to end: Double
  ) -> (Double) -> Double {
    let low = values.min() ?? 0
    let high = values.max() ?? 1
    guard high > low else { return { _ in (start + end) / 2 } }
    return { start + ($0 - low) / (high - low) * (end - start) }
  }
}
