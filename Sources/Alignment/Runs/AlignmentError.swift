/// An error of a training run, with the remedy.
public enum AlignmentError: Error, CustomStringConvertible {
  case unknownSetting(key: String, known: [String])
  case badSetting(key: String, value: String, expected: String)
  /// A setting was chosen that the other settings make meaningless.
  case settingWithoutEffect(key: String, value: String, reason: String)
  case badData(file: String, problem: String)
  case tooLittleData(String)
  case notANumber(what: String, step: Int, batch: String)
  /// Training ended with weights or measurements that are not finite; no model was written.
  case notFinite(what: String)
  case output(path: String, reason: String)
  case interrupted(step: Int, of: Int)
  case cannotResume(path: String, reason: String)
  /// The processes of one run cannot communicate.
  case workers(String)

  public var description: String {
    switch self {
    case .unknownSetting(let key, let known):
      "unknown setting “\(key)”. This command accepts: \(known.joined(separator: ", "))."
    case .badSetting(let key, let value, let expected):
      "\(key)=\(value) is invalid: expected \(expected)."
    case .settingWithoutEffect(let key, let value, let reason):
      "\(key)=\(value) has no effect \(reason)."
    case .badData(let file, let problem): "\(file): \(problem)"
    case .tooLittleData(let what), .workers(let what): what
    case .notANumber(let what, let step, let batch):
      """
      the \(what) at step \(step) is not a finite number. Training stopped before the weights \
      changed. Check the rows of the batch (\(batch)), or try a lower learningRate or precision=fp32.
      """
    case .notFinite(let what):
      """
      \(what), so no model was written. The learning rate is the usual cause: try a lower \
      learningRate, a smaller gradientClip, or precision=fp32.
      """
    case .output(let path, let reason): "cannot write \(path): \(reason)"
    case .interrupted(let step, let total): "interrupted at step \(step) of \(total)."
    case .cannotResume(let path, let reason):
      "\(path): \(reason) Omit --resume to start again, or choose another --output."
    }
  }
}
