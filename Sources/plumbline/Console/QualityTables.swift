import Foundation
import Foundations
import Labelling

/// The tables in which `plumbline agreement` shows a report.
struct QualityTables {
  let report: QualityReport

  var sections: [(title: String, table: ConsoleTable)] {
    var sections: [(title: String, table: ConsoleTable)] = []
    if !report.questions.isEmpty { sections.append(("Agreement", agreement)) }
    if !report.labellers.isEmpty {
      sections.append(("Labellers", labellers))
      sections.append(("Habits of labellers", habits))
    }
    if report.labellers.contains(where: { !$0.flags.isEmpty }) {
      sections.append(("Flags, by Dawid and Skene's model", flags))
    }
    if !report.policies.policies.isEmpty {
      sections.append(("Policies: the chance to beat another one", policies))
    }
    sections.append(("The whole dataset", dataset))
    return sections
  }

  private var agreement: ConsoleTable {
    var table = ConsoleTable(
      ("question", .left), ("units", .right), ("alike", .left), ("α nominal", .left),
      ("α ordinal", .left), ("α interval", .left), ("κ Fleiss", .left), ("τ Kendall", .left))
    for question in report.questions {
      table.add(
        question.question, String(question.units), share(question.pairwise),
        number(question.alphaNominal), number(question.alphaOrdinal),
        number(question.alphaInterval), number(question.fleissKappa),
        number(question.kendallTau))
    }
    return table
  }

  private var labellers: ConsoleTable {
    var table = ConsoleTable(
      ("labeller", .left), ("judged", .right), ("compared", .right), ("alike", .left),
      ("reliability", .left), ("weight", .right), ("gold", .left), ("suspected of", .left))
    for labeller in report.labellers {
      table.add(
        labeller.labeller, String(labeller.judgements), String(labeller.comparedPrompts),
        share(labeller.agreement), number(labeller.reliability),
        labeller.weight.map { String(format: "%.2f", $0) } ?? "–", share(labeller.gold),
        labeller.spam.reasons.map(\.rawValue).joined(separator: ", "))
    }
    return table
  }

  private var habits: ConsoleTable {
    var table = ConsoleTable(
      ("labeller", .left), ("seconds", .right), ("too quick", .left), ("earlier first", .left),
      ("longer first", .left), ("drift", .left))
    for labeller in report.labellers {
      table.add(
        labeller.labeller, seconds(labeller.speed), share(labeller.speed.hurried),
        share(labeller.positionBias), share(labeller.lengthBias),
        share(labeller.drift?.change, signed: true))
    }
    return table
  }

  private var flags: ConsoleTable {
    var table = ConsoleTable(
      ("flag", .left), ("labeller", .left), ("answers", .right), ("sensitivity", .right),
      ("specificity", .right), ("set", .right), ("applies", .right))
    for flag in report.flags {
      table.add(
        flag.flag, "all", String(flag.answers), "", "", percent(flag.marked),
        percent(flag.prevalence))
      for labeller in report.labellers {
        guard let own = labeller.flags.first(where: { $0.flag == flag.flag }) else { continue }
        table.add(
          flag.flag, labeller.labeller, String(own.answers), percent(own.sensitivity),
          percent(own.specificity), "", "")
      }
    }
    return table
  }

  private var policies: ConsoleTable {
    var table = ConsoleTable(
      ("policy", .left), ("compared", .right), ("won", .right), ("tied", .right),
      ("lost", .right), ("bytes", .right), ("win rate", .left), ("at equal length", .left),
      ("strength", .left))
    for policy in report.policies.policies {
      table.add(
        policy.name, String(policy.comparisons), String(policy.won), String(policy.tied),
        String(policy.lost), String(Int(policy.meanLength.rounded())), share(policy.winRate),
        share(policy.controlledWinRate), number(policy.strength))
    }
    return table
  }

  private var dataset: ConsoleTable {
    var table = ConsoleTable(("", .left), ("", .left))
    table.add("The answer shown earlier is preferred", share(report.positionBias?.earlierPreferred))
    for place in report.positionBias?.places ?? [] {
      table.add("Shown at place \(place.position), preferred", share(place.preferred))
    }
    table.add("The longer answer is preferred", share(report.lengthBias?.longerPreferred))
    table.add("Seconds for a judgement, in the middle", seconds(report.speed))
    table.add("Judgements made too quickly to read", share(report.speed.hurried))
    if let effect = report.policies.lengthEffect {
      table.add("Log-odds that more length brings", number(effect))
    }
    if let problem = report.policies.problem {
      table.add("No strengths of policies", explain(problem))
    }
    return table
  }

  private func explain(_ problem: BradleyTerry.Problem) -> String {
    switch problem {
    case .tooFew: "no answers of two policies were compared"
    case .tooMany: "there are more than \(BradleyTerry.mostItems) policies"
    case .separated: "one never lost or never won; use --regularisation 0.01"
    case .notConverged: "the fit did not converge; use a greater --regularisation"
    }
  }

  private func seconds(_ speed: SpeedCheck) -> String {
    speed.medianSeconds.map { String(format: "%.1f", $0) } ?? "–"
  }

  private func percent(_ value: Double) -> String { String(format: "%.1f %%", 100 * value) }

  private func share(_ estimate: Estimate?, signed: Bool = false) -> String {
    guard let estimate else { return "–" }
    return String(
      format: signed ? "%+.1f %% [%+.1f, %+.1f]" : "%.1f %% [%.1f, %.1f]",
      100 * estimate.value, 100 * estimate.low, 100 * estimate.high)
  }

  private func number(_ estimate: Estimate?) -> String {
    guard let estimate else { return "–" }
    return String(format: "%.3f [%.3f, %.3f]", estimate.value, estimate.low, estimate.high)
  }
}
