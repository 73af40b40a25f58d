/// What can be wrong with a checkpoint, a tokenizer or a request, said with its place and its remedy.
public enum LanguageModelError: Error, Equatable, Sendable {
  /// The file or folder is not there or cannot be read or written.
  case inaccessible(path: String, reason: String)
  /// The file does not follow its format.
  case malformed(file: String, problem: String, remedy: String)
  /// The file is sound, and asks for something this engine does not have.
  case unsupported(file: String, problem: String, remedy: String)
  /// A value given by the caller does not fit.
  case invalid(String)
  /// The model computes NaN or infinity, so that it says nothing.
  case notFinite(String)
}

extension LanguageModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inaccessible(let path, let reason): "\(path): \(reason)"
    case .malformed(let file, let problem, let remedy): "\(file): \(problem). \(remedy)"
    case .unsupported(let file, let problem, let remedy): "\(file): \(problem). \(remedy)"
    case .invalid(let message), .notFinite(let message): message
    }
  }
}
