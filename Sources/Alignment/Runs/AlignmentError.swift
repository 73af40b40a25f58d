/// What a training run refuses, with what to do about it.
public enum AlignmentError: Error, CustomStringConvertible {
  case unknownSetting(key: String, known: [String])
  case badSetting(key: String, value: String, expected: String)
  case badData(file: String, problem: String)
  case tooLittleData(String)
  case notANumber(what: String, step: Int)
  case output(path: String, reason: String)
  case interrupted(step: Int, of: Int)

  public var description: String {
    switch self {
    case .unknownSetting(let key, let known):
      "there is no setting “\(key)” here. Known: \(known.joined(separator: ", "))."
    case .badSetting(let key, let value, let expected):
      "\(key)=\(value): \(expected) was expected."
    case .badData(let file, let problem): "\(file): \(problem)"
    case .tooLittleData(let what): what
    case .notANumber(let what, let step):
      """
      the \(what) at step \(step) is not a finite number, so training was stopped. Try a lower \
      learningRate or precision=fp32.
      """
    case .output(let path, let reason): "cannot write \(path): \(reason)"
    case .interrupted(let step, let total): "interrupted at step \(step) of \(total)."
    }
  }
}
