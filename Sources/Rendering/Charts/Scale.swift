import Foundation
import Foundations

/// Maps numbers to places on a drawing, with round numbers to mark.
package struct ChartScale {
  let low: Double
  let high: Double
  let start: Double
  let end: Double
  package let marks: [Double]

  /// Fits a scale around the values; `includesZero` for quantities whose length is compared.
  package init(
    _ values: [Double], from start: Double, to end: Double, includesZero: Bool, steps: Int = 4,
    wholeSteps: Bool = false
  ) {
    // Sums and differences of larger ones would no longer be numbers.
    let finite = values.filter { $0.magnitude < 1e100 }
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    if includesZero {
      low = min(0, low)
      high = max(0, high)
    }
    if high - low < 1e-12 {
      let room = max(abs(high) * 0.1, 0.5)
      low -= includesZero && low == 0 ? 0 : room
      high += room
    }
    let rough = Self.roundStep((high - low) / Double(steps))
    let step = wholeSteps ? max(1, rough) : rough
    self.low = (low / step).rounded(.down) * step
    self.high = (high / step).rounded(.up) * step
    self.start = start
    self.end = end
    let count = Int(((self.high - self.low) / step).rounded())
    let first = self.low
    marks = (0...max(1, count)).map { first + Double($0) * step }
  }

  package func place(_ value: Double) -> Double {
    start + (value - low) / (high - low) * (end - start)
  }

  private static func roundStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    let fraction = rough / power
    return power * (fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10)
  }
}

/// Small pieces of drawing.
package enum Drawing {
  static func text(_ value: String) -> String { value.htmlEscaped }

  package static func number(_ value: Double) -> String {
    let magnitude = abs(value)
    let digits = magnitude >= 100 || value == value.rounded() ? 0 : magnitude >= 1 ? 2 : 3
    return value.formatted(.number.precision(.fractionLength(0...digits)))
  }

  static func place(_ value: Double) -> String {
    String(format: "%.1f", value)
  }

  /// A drawing with its title, its description for those who do not see it, and its data.
  ///
  /// One that can be clicked is a group, whose links are read out with it; any other is one picture.
  static func figure(
    title: String, value: String, description: String, size: (width: Int, height: Int),
    marks: String, header: [String], rows: [[String]], isInteractive: Bool = false,
    dataLabel: String
  ) -> String {
    let head = header.map { "<th scope=\"col\">\(text($0))</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + row.map { "<td>\(text($0))</td>" }.joined() + "</tr>"
    }.joined()
    let id =
      "chart-"
      + String(
        title.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }, radix: 36)
    return """
      <figure class="plot"><figcaption>\(text(title))<span>\(text(value))</span></figcaption>\
      <svg class="chart" viewBox="0 0 \(size.width) \(size.height)" \
      role="\(isInteractive ? "group" : "img")" aria-labelledby="\(id) \(id)-data">\
      <title id="\(id)">\(text(title))</title><desc id="\(id)-data">\(text(description))</desc>\
      \(marks)</svg>\
      <details><summary>\(text(dataLabel))</summary><table><thead><tr>\(head)</tr></thead>\
      <tbody>\(body)</tbody></table></details></figure>
      """
  }
}
