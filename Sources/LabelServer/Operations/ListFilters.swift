import Hummingbird
import LabelStore
import WebServer

extension JudgementFilter {
  /// Reads a filter from the query of a list; empty fields do not filter.
  init(_ request: Request) {
    self.init(
      labeller: request.filled("labeller").flatMap(PersonID.init), flag: request.filled("flag"),
      source: request.filled("source"), isRetracted: request.filled("retracted") != nil)
  }
}

extension PromptSearch {
  /// Reads a search from the query of a list; empty fields do not filter.
  init(_ request: Request) {
    self.init(text: request.query("query") ?? "")
    state = request.filled("state").flatMap(State.init(rawValue:))
    labeller = request.filled("labeller").flatMap(PersonID.init)
    flag = request.filled("flag")
    source = request.filled("source")
    language = request.filled("language")
    tag = request.filled("tag")
    round = request.filled("round").flatMap(Int.init)
  }

  /// Reads a search of a program; throws for an unknown state.
  init(checking request: Request) throws {
    self.init(request)
    if let name = request.query("state"), !name.isEmpty, state == nil {
      let known = State.allCases.map(\.rawValue).joined(separator: ", ")
      throw WebError.badRequest("Unknown state “\(name)”. Use one of \(known).", field: "state")
    }
    labeller = try request.value("labeller")
    round = try request.value("round")
  }
}

extension Request {
  /// The value of a query item, or nil where it is missing or empty.
  fileprivate func filled(_ name: String) -> String? {
    query(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}
