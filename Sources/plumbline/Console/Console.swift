import Foundation

/// Where a command's words go: results on standard output, everything else on standard error.
struct Console: Sendable {
  let json: Bool
  let quiet: Bool

  /// A person is watching: colour and a moving progress bar make sense.
  var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Prints a line of the result, for people; silent under `--json` and `--quiet`.
  func say(_ line: String = "") {
    guard !json && !quiet else { return }
    // Not print: what it holds back when piped would come after what is written at once.
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }

  /// Prints the result for programs: one line of JSON, under `--json` alone.
  func result(_ value: some Encodable) throws {
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
  }

  /// Prints what a person may want to know on the way, on standard error.
  func note(_ line: String) {
    guard !quiet else { return }
    Self.standardError(line)
  }

  /// Tells which command usually comes next.
  /// What comes next in a workspace without tasks.
  static let firstTask = "plumbline serve, then New task; or plumbline task add FOLDER"

  func next(_ command: String) {
    say("Next: \(command)")
  }

  static func standardError(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
  }
}
