import Foundation
import Foundations

/// One number of a run over its steps, drawn as an accessible SVG with its data behind a toggle.
struct Curve {
  var name: String
  var points: [(step: Int, value: Double)]

  /// Leaves room for the highest and lowest value on the right.
  private static let width = 264.0
  private static let height = 120.0
  /// More points than a chart has room for are thinned out.
  private static let mostPoints = 320
  private static let tableRows = 24

  var html: String {
    guard let last = points.last else { return "" }
    return """
      <figure>
      <figcaption>\(name.htmlEscaped) <b>\(last.value.short)</b></figcaption>
      \(svg)
      <details><summary>numbers</summary>\(table)</details>
      </figure>
      """
  }

  private var svg: String {
    let thinned = thinned(to: Self.mostPoints)
    let values = thinned.map(\.value)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let span = high > low ? high - low : 1
    let (first, last) = (thinned.first?.step ?? 0, thinned.last?.step ?? 1)
    let path = thinned.map { point -> String in
      let x = Double(point.step - first) / Double(max(last - first, 1)) * Self.width
      let y = Self.height - (point.value - low) / span * Self.height
      return "\(x.fixed),\(y.fixed)"
    }.joined(separator: " ")
    return """
      <svg viewBox="-4 -6 328 150" role="img" aria-label="\(name.htmlEscaped), from \
      \(values[0].short) at step \(first) to \(values[values.count - 1].short) at step \(last)">
      <line x1="0" y1="120" x2="264" y2="120" class="axis"/>
      <polyline points="\(path)" class="curve"/>
      <text x="0" y="138">\(first)</text>
      <text x="264" y="138" text-anchor="end">\(last)</text>
      <text x="320" y="6" text-anchor="end">\(high.short)</text>
      <text x="320" y="122" text-anchor="end">\(low.short)</text>
      </svg>
      """
  }

  private var table: String {
    let rows = thinned(to: Self.tableRows).map {
      "<tr><td>\($0.step)</td><td>\($0.value.short)</td></tr>"
    }
    return "<table><tr><th>step</th><th>\(name.htmlEscaped)</th></tr>\(rows.joined())</table>"
  }

  /// Every n-th point, and the last.
  private func thinned(to most: Int) -> [(step: Int, value: Double)] {
    let every = (points.count + most - 1) / most
    return points.enumerated().filter {
      $0.offset % max(every, 1) == 0 || $0.offset == points.count - 1
    }.map(\.element)
  }
}

extension Double {
  /// Four significant digits.
  var short: String { String(format: "%.4g", self) }
  fileprivate var fixed: String { String(format: "%.1f", self) }
}
