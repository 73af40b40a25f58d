/// The reason why plumbline-engine did not return a result.
package enum EngineError: Error, Equatable, CustomStringConvertible {
  case notFound(looked: [String])
  case failed(command: String, status: Int32, log: String, tail: String)
  case killed(command: String, signal: Int32, log: String, tail: String)
  case invalidEngineOutput(command: String, line: String)
  case missingEngineSummary(command: String, log: String)
  case interrupted(command: String)

  /// The same error, or `interrupted` for a task that was cancelled.
  package static func interruption(_ error: any Error) -> any Error {
    error is CancellationError ? interrupted(command: "run") : error
  }

  package var description: String {
    switch self {
    case .notFound(let looked):
      """
      Cannot find plumbline-engine (looked for \(looked.joined(separator: ", "))).
      Build it with scripts/build, or set PLUMBLINE_ENGINE to its path.
      """
    case .failed(let command, let status, let log, let tail):
      """
      plumbline-engine \(command) ended with status \(status). \
      Last lines of output (full log: \(log)):
      \(tail)
      """
    case .killed(let command, let signal, let log, let tail):
      """
      plumbline-engine \(command) was killed by signal \(signal)\(
        signal == 9 ? ", most often because memory ran out: try a smaller batch" : ""). \
      Last lines of output (full log: \(log)):
      \(tail)
      """
    case .invalidEngineOutput(let command, let line):
      "plumbline-engine \(command) printed a line that is not JSON: \(line.prefix(200))"
    case .missingEngineSummary(let command, let log):
      "plumbline-engine \(command) ended without a summary. See \(log)."
    case .interrupted(let command):
      "plumbline-engine \(command) was interrupted."
    }
  }
}
