import Foundation
import Rendering
import Testing

@Suite("Charts")
struct ChartTests {
  @Test("Every chart is a picture with a title, a description and its data")
  func parts() throws {
    let columns = ColumnChart(
      title: "Per day", value: "3",
      columns: [.init(name: "1 Jan", value: 1), .init(name: "2 Jan", value: 2)],
      header: ["Day", "Count"], dataLabel: "Data"
    ).svg()
    let line = LineChart(
      title: "Agreement", points: [.init(x: 1, y: 0.5, name: "1 Jan", low: 0.3, high: 0.7)],
      includesZero: false, range: 0...1, dataLabel: "Data"
    ).svg()
    let dots = DotChart(
      title: "Wins", value: "", series: ["plain", "controlled"],
      rows: [
        .init(
          name: "<b>",
          marks: [
            .init(value: 0.6, low: 0.5, high: 0.7, label: "60 %", intervalLabel: "50 – 70"), nil,
          ])
      ], reference: 0.5, format: Drawing.number, header: "Policy", dataLabel: "Data"
    ).svg()

    for (svg, name) in [(columns, "Per day"), (line, "Agreement"), (dots, "Wins")] {
      let id = try #require(svg.firstMatch(of: #/aria-labelledby="(\S+) (\S+)"/#))
      #expect(svg.contains("<title id=\"\(id.1)\">\(name)</title>"))
      #expect(svg.contains("<desc id=\"\(id.2)\">"))
      #expect(svg.contains("<tbody><tr>") && svg.contains("role=\"img\""))
      #expect(!svg.contains("nan") && !svg.contains("inf"))
    }
    #expect(dots.contains("&lt;b&gt;") && !dots.contains("<b>"))
    #expect(dots.contains("<td>–</td>"))
  }

  @Test("The name of a single day stands below its dot")
  func oneDay() throws {
    let line = LineChart(
      title: "Agreement", points: [.init(x: 1, y: 0.5, name: "1 Jan", low: 0.3, high: 0.7)],
      includesZero: false, range: 0...1, dataLabel: "Data"
    ).svg()

    let dot = try #require(line.firstMatch(of: #/<circle [^>]*cx="([\d.]+)"/#))
    #expect(line.contains("<text x=\"\(dot.1)\" y=\"184\" text-anchor=\"middle\">1 Jan</text>"))
  }

  @Test("Counts are marked in whole steps from zero")
  func wholeSteps() {
    let scale = ChartScale([1, 2], from: 100, to: 0, includesZero: true, wholeSteps: true)

    #expect(scale.marks == [0, 1, 2])
    #expect(scale.place(0) == 100 && scale.place(2) == 0)
  }

  @Test("A bar that leads somewhere is a link, and its picture a group")
  func links() {
    let chart = BarChart(
      title: "Flags", value: "",
      bars: [.init(name: "gpt", value: 0.5, label: "50 %", group: "Harmful", href: "/a?b=1&c=2")],
      limit: nil, dataLabel: "Data"
    ).svg()

    #expect(chart.contains("<a href=\"/a?b=1&amp;c=2\">") && chart.contains("role=\"group\""))
    #expect(chart.contains("<td>Harmful, gpt</td>"))
  }
}
