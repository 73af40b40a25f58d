import Hummingbird
import LabelStore

extension JudgementFilter {
  /// Reads the filter of a list's address; an empty field filters nothing.
  init(_ request: Request) {
    self.init(
      labeller: request.filled("labeller").flatMap(PersonID.init), flag: request.filled("flag"),
      source: request.filled("source"), isRetracted: request.filled("retracted") != nil)
  }
}

extension PromptSearch {
  /// Reads the search of a list's address; an empty field makes no difference.
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

  /// Reads it for a program, which is told of a state that there is not.
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
