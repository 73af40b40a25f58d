/// Errors about a checkpoint, a tokenizer or a request, with the place and the remedy.
public enum LanguageModelError: Error, Equatable, Sendable {
  /// The file or folder does not exist, or cannot be read or written.
  case inaccessible(path: String, reason: String)
  /// The file does not follow its format.
  case malformed(file: String, problem: String, remedy: String)
  /// The file is valid but needs a feature that the engine does not have.
  case unsupported(file: String, problem: String, remedy: String)
  /// A value given by the caller is not valid.
  case invalid(String)
  /// The chat template refuses a conversation, or fails to render it.
  case unusable(String)
  /// The model computes NaN or infinity.
  case notFinite(String)
}

extension LanguageModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inaccessible(let path, let reason): "\(path): \(reason)"
    case .malformed(let file, let problem, let remedy): "\(file): \(problem). \(remedy)"
    case .unsupported(let file, let problem, let remedy): "\(file): \(problem). \(remedy)"
    case .invalid(let message), .unusable(let message), .notFinite(let message): message
    }
  }
}
