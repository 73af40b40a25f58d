import Foundation
import Foundations
import PreferenceData

/// `report.html`: one self-contained page about a run.
struct RunReport {
  /// The command's name.
  var stage: String
  var settings: String
  var report: StageReport
  var curves: [Curve]

  /// Curves that are looked at first.
  private static let order = [
    "loss", "reward", "heldOutReward", "kl", "heldOutKL", "disagreement", "length", "entropy",
    "accuracy", "margin", "validationLoss", "validationAccuracy", "validationMargin",
    "learningRate", "gradientNorm",
  ]

  /// The curves in `metrics.jsonl`; what never changes is left out.
  static func curves(_ lines: Data) -> [Curve] {
    var series: [String: [(step: Int, value: Double)]] = [:]
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      guard let row = (try? JSONValue(parsing: line)).flatMap(StageProgress.init(json:)) else {
        continue
      }
      for (key, value) in row.values { series[key, default: []].append((row.step, value)) }
    }
    func place(_ name: String) -> Int { order.firstIndex(of: name) ?? order.count }
    return series.filter { Set($0.value.map(\.value)).count > 1 }
      .map { Curve(name: $0.key, points: $0.value) }
      .sorted { (place($0.name), $0.name) < (place($1.name), $1.name) }
  }

  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(stage.htmlEscaped) · \(name.htmlEscaped)</title>
    <style>\(Self.style)</style></head><body><main>
    <h1>\(stage.htmlEscaped) <span class="quiet">\(name.htmlEscaped)</span></h1>
    <p class="quiet">\(facts.htmlEscaped)</p>
    \(notice)
    <h2>Capability beside alignment</h2>
    \(Scorecard(stage: stage, metrics: report.metrics).html)
    \(curves.isEmpty ? "" : "<h2>Curves</h2><div class=\"curves\">")
    \(curves.map(\.html).joined(separator: "\n"))
    \(curves.isEmpty ? "" : "</div>")
    \(samples)
    \(DataSection(metrics: report.metrics).html)
    <h2>Configuration</h2>
    <details><summary>every setting, as it was resolved</summary><pre>\(settings.htmlEscaped)</pre></details>
    \(report.lineage?.html ?? "")
    </main></body></html>

    """
  }

  private var name: String {
    URL(filePath: report.model).deletingLastPathComponent().lastPathComponent
  }

  private var facts: String {
    let memory = String(format: "%.2f GB at most", Double(report.peakBytes) / 1e9)
    let speed = report.tokensPerSecond.map { ", \($0.short) tokens a second" } ?? ""
    return
      "\(String(format: "%.0f", report.seconds)) s\(speed), \(memory), in \(report.precision)"
  }

  /// The notice of the guard against over-optimisation; empty without a breach.
  private var notice: String {
    guard let reason = report.metrics["guard"]?["reason"]?.stringValue,
      let round = report.metrics["guard"]?["round"]?.intValue
    else { return "" }
    let action = report.metrics["guard"]?["action"]?.stringValue ?? ""
    return """
      <p class="notice"><b>Guard:</b> in round \(round), \(reason.htmlEscaped) (guardAction=\
      \(action.htmlEscaped)).</p>
      """
  }

  private var samples: String {
    let rows = report.metrics["samples"]?.arrayValue ?? []
    guard !rows.isEmpty else { return "" }
    func answer(_ title: String, _ value: JSONValue?) -> String {
      let score = value?["score"]?.doubleValue.map { " <span class=\"quiet\">\($0.short)</span>" }
      return """
        <section><h3>\(title)\(score ?? "")</h3>
        <p class="text">\((value?["text"]?.stringValue ?? "").htmlEscaped)</p></section>
        """
    }
    let items = rows.map { row in
      """
      <article><p class="prompt">\((row["prompt"]?.stringValue ?? "").htmlEscaped)</p>
      <div class="pair">\(answer("before", row["before"]))\(answer("after", row["after"]))</div>
      </article>
      """
    }
    return "<h2>Answers to held-out prompts</h2>" + items.joined(separator: "\n")
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:#23201c;--paper:#fbfaf8;--quiet:#6a645b;--line:#ddd8d0;\
    --accent:#0f6b66;--warn:#8a5a00}
    @media (prefers-color-scheme:dark){:root{--ink:#ece8e1;--paper:#191816;--quiet:#a49d92;\
    --line:#3a3732;--accent:#5cc4bc;--warn:#e0b04c}}
    *{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);\
    font:17px/1.55 system-ui,"Noto Sans CJK SC",sans-serif}
    main{max-width:1080px;margin:0 auto;padding:24px 16px 64px}
    h1,h2,h3{line-height:1.25;font-weight:600;overflow-wrap:anywhere}h2{margin-top:40px}
    h3{margin:0 0 4px;font-size:1em}.quiet{color:var(--quiet);font-weight:400}
    p.quiet{margin:0 0 8px}.pair{display:grid;gap:16px 32px;\
    grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr))}.pair>*{min-width:0}
    .wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;\
    font-size:15px;width:100%}
    th,td{text-align:right;padding:4px 0 4px 12px;border-bottom:1px solid var(--line);\
    font-weight:400}
    th:first-child{text-align:left;padding-left:0;overflow-wrap:anywhere}
    .curves{display:grid;gap:24px;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
    figure{margin:0;min-width:0}figcaption b{float:right;font-weight:600;\
    font-variant-numeric:tabular-nums}
    svg{width:100%;display:block}svg text{font-size:11px;fill:var(--quiet)}
    .axis{stroke:var(--line)}.curve{fill:none;stroke:var(--accent);stroke-width:2;\
    stroke-linejoin:round;vector-effect:non-scaling-stroke}
    summary{cursor:pointer;color:var(--accent);font-size:15px}
    pre{overflow-x:auto;font-size:14px;line-height:1.45}
    article{border-top:1px solid var(--line);padding:16px 0}.prompt{font-weight:600}
    .prompt,.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 8px}
    .notice{border-left:4px solid var(--warn);padding:4px 12px}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:0}
    dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
    """
}
