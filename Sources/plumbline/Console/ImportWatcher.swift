import LabelStore
import Synchronization

/// Shows an import on the terminal and collects its invalid lines.
final class ImportWatcher: Sendable {
  private let console: Console
  private let name: String
  private let numbersRows: Bool
  private let rejects: RejectsFile?
  private let bar: ProgressBar

  init(console: Console, name: String, numbersRows: Bool, rejects: RejectsFile?) {
    self.console = console
    self.name = name
    self.numbersRows = numbersRows
    self.rejects = rejects
    bar = ProgressBar("importing", unit: "prompts", console: console)
  }

  func show(_ event: ImportEvent) {
    switch event {
    case .checking(let rows):
      if rows.isMultiple(of: 100_000) { console.note("\(name): \(rows) rows checked") }
    case .storing(let done, let total): bar.show(done, of: total)
    case .rejected(let error): rejects?.append(error, in: name, numbersRows: numbersRows)
    }
  }

  func finish() { bar.finish() }
}
