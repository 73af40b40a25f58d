/// A problem with a task or a judgement. Its description also says what to do.
public enum LabellingError: Error, Sendable, Hashable {
  case badTask(key: String, reason: String)
  case badForm(FormProblem)
}

extension LabellingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badTask(let key, let reason): "task.yaml: “\(key)” \(reason)."
    case .badForm(let problem): problem.description
    }
  }

  /// The key or form field that the error is about.
  public var field: String? {
    switch self {
    case .badTask(let key, _): key
    case .badForm(let problem): problem.field
    }
  }
}
