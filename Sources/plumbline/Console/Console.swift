import Foundation

/// The output of a command: results on standard output, everything else on standard error.
struct Console: Sendable {
  let json: Bool
  let quiet: Bool

  /// Whether a person is watching, so that colour and a moving progress bar make sense.
  var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Prints a line of the result for people. Silent under `--json` and `--quiet`.
  func say(_ line: String = "") {
    guard !json && !quiet else { return }
    // `print` buffers when piped, so its lines would come after those written directly.
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Prints the result for programs: one line of JSON, only under `--json`.
  func result(_ value: some Encodable) throws {
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
  }

  /// Prints progress and notes for people, on standard error.
  func note(_ line: String) {
    guard !quiet else { return }
    Self.standardError(line)
  }

  /// The next command in a workspace without tasks.
  static let firstTask = "plumbline serve, then New task; or plumbline task add FOLDER"

  /// Prints the command that usually comes next.
  func next(_ command: String) {
    say("Next: \(command)")
  }

  static func standardError(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
  }
}
