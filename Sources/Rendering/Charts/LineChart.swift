/// A curve over steps or days, with its interval where the points have one.
package struct LineChart {
  package struct Point {
    let x: Double
    let y: Double
    let name: String
    var low: Double?
    var high: Double?

    package init(x: Double, y: Double, name: String, low: Double? = nil, high: Double? = nil) {
      self.x = x
      self.y = y
      self.name = name
      self.low = low
      self.high = high
    }
  }

  let title: String
  let points: [Point]
  let includesZero: Bool
  /// The scale's ends, where they are known beforehand.
  var range: ClosedRange<Double>?
  var format: (Double) -> String = Drawing.number
  let dataLabel: String
  /// The text beside the title; the last value if nil.
  var value: String?

  package init(
    title: String, points: [Point], includesZero: Bool, range: ClosedRange<Double>? = nil,
    format: @escaping (Double) -> String = Drawing.number, dataLabel: String, value: String? = nil
  ) {
    self.title = title
    self.points = points
    self.includesZero = includesZero
    self.range = range
    self.format = format
    self.dataLabel = dataLabel
    self.value = value
  }

  private let width = 460.0
  private let height = 190.0

  package func svg() -> String {
    guard let first = points.first, let last = points.last else { return "" }
    let ends = range.map { [$0.lowerBound, $0.upperBound] } ?? []
    let frame = ChartFrame(
      width: width, height: height,
      values: ChartScale(
        points.map(\.y) + ends, from: height - 26, to: 12, includesZero: includesZero))
    let xs = ChartScale.exact(points.map(\.x), from: frame.left, to: frame.right)
    let ys = frame.values
    let path = line(points.map { (xs($0.x), ys.place($0.y)) })
    // A single point has no line, only its dot and its interval.
    let dots = (points.count > 40 ? [last] : points).map {
      "<circle class=\"dot\" r=\"3\" cx=\"\(Drawing.place(xs($0.x)))\" "
        + "cy=\"\(Drawing.place(ys.place($0.y)))\"/>"
    }
    return Drawing.figure(
      title: title, value: value ?? format(last.y),
      description: "\(first.name): \(format(first.y)). \(last.name): " + format(last.y),
      size: (Int(width), Int(height)),
      marks: frame.grid(format) + band(xs, ys) + "<path class=\"line\" d=\"\(path)\"/>"
        + (range == nil ? Array(dots.suffix(1)) : dots).joined()
        + frame.ends(first.name, points.count > 1 ? last.name : nil),
      header: ["", title], rows: thinned.map { [$0.name, row($0)] }, dataLabel: dataLabel)
  }

  private func row(_ point: Point) -> String {
    guard let low = point.low, let high = point.high else { return format(point.y) }
    return "\(format(point.y)) (\(format(low)) – \(format(high)))"
  }

  private func band(_ xs: (Double) -> Double, _ ys: ChartScale) -> String {
    let known = points.compactMap { point in
      point.low.flatMap { low in point.high.map { (x: xs(point.x), low: low, high: $0) } }
    }
    guard let only = known.first else { return "" }
    if known.count == 1 {
      return "<line class=\"interval\" x1=\"\(Drawing.place(only.x))\" "
        + "x2=\"\(Drawing.place(only.x))\" y1=\"\(Drawing.place(ys.place(only.low)))\" "
        + "y2=\"\(Drawing.place(ys.place(only.high)))\"/>"
    }
    let edge = line(
      known.map { ($0.x, ys.place($0.high)) } + known.reversed().map { ($0.x, ys.place($0.low)) })
    return "<path class=\"band\" d=\"\(edge)Z\"/>"
  }

  private func line(_ places: [(Double, Double)]) -> String {
    places.enumerated().map { index, place in
      (index == 0 ? "M" : "L") + Drawing.place(place.0) + " " + Drawing.place(place.1)
    }.joined()
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
