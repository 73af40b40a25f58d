import Foundation
import PreferenceData
import Subprocess

/// The training and sampling program. It always runs as a child process, so that labelling continues
/// when it crashes or runs out of memory.
package struct Engine: Sendable {
  package let executable: String
  /// The command that starts the engine, such as `torchrun --no-python`; empty for none.
  package var launcher: [String] = []

  package init(executable: String, launcher: [String] = []) {
    self.executable = executable
    self.launcher = launcher
  }

  /// Finds the engine: named by the caller or `PLUMBLINE_ENGINE`, else beside this program.
  ///
  /// Throws `EngineError.notFound` with the places that were looked at.
  package static func find(named name: String? = nil) throws -> Engine {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let beside = program.deletingLastPathComponent().appending(path: "plumbline-engine").path
    let named = name ?? ProcessInfo.processInfo.environment["PLUMBLINE_ENGINE"]
    let candidate = named ?? beside
    guard FileManager.default.isExecutableFile(atPath: candidate) else {
      throw EngineError.notFound(looked: [candidate])
    }
    return Engine(executable: candidate)
  }

  /// The same engine, started through the words of a launcher.
  func launched(through words: String?) -> Engine {
    Engine(
      executable: executable,
      launcher: words?.split(separator: " ").map(String.init) ?? launcher)
  }

  /// Runs one command of the engine to its end and returns its summary.
  ///
  /// Standard error goes to `log`. Cancelling the task interrupts the engine (SIGINT), waits 30 s for
  /// it to save, and then ends it. Throws an `EngineError` when the engine ends without a result.
  @discardableResult
  package func run(
    _ command: String, _ arguments: [String], log: URL,
    onStart: (Int32) throws -> Void = { _ in },
    onProgress: (StageProgress) async throws -> Void = { _ in }
  ) async throws -> JSONValue {
    // First, since a “--” among the arguments ends what is read as options.
    let words = launcher + [executable, command, "--json"] + arguments
    let logFile = try LogFile(appendingTo: log)
    defer { logFile.close() }
    logFile.write("$ \(words.joined(separator: " "))")

    var platform = PlatformOptions()
    // In a separate group, so that Ctrl-C on the terminal reaches it once, and from us.
    platform.processGroupID = 0
    platform.teardownSequence = [
      .send(signal: .interrupt, toProcessGroup: true, allowedDurationToNextStep: .seconds(30)),
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(5)),
    ]
    let result = try await Subprocess.run(
      launcher.isEmpty ? .path(.init(executable)) : .name(words[0]),
      arguments: Arguments(Array(words.dropFirst())),
      platformOptions: platform,
      input: .none,
      output: .sequence,
      error: .fileDescriptor(
        .init(rawValue: logFile.descriptor), closeAfterSpawningProcess: false)
    ) { execution in
      try onStart(execution.processIdentifier.value)
      var summary: JSONValue?
      // Lines end in LF alone: JSON may hold the other separators of Unicode unescaped.
      let lines = execution.standardOutput.strings(
        separatedBy: .unicodeScalarSequence(["\n"]), bufferingPolicy: .maxLineLength(8 << 20))
      for try await line in lines where !line.isEmpty {
        switch EngineMessage(line: line) {
        case .progress(let progress): try await onProgress(progress)
        case .summary(let json): summary = json
        case nil: throw EngineError.invalidEngineOutput(command: command, line: line)
        }
      }
      return summary
    }
    return try check(result.terminationStatus, of: command, result.closureResult, log: log)
  }

  private func check(
    _ status: TerminationStatus, of command: String, _ summary: JSONValue?, log: URL
  ) throws -> JSONValue {
    if Task.isCancelled { throw EngineError.interrupted(command: command) }
    switch status {
    case .exited(0):
      guard let summary else {
        throw EngineError.missingEngineSummary(command: command, log: log.path)
      }
      return summary
    case .exited(130), .signaled(SIGINT):
      throw EngineError.interrupted(command: command)
    case .exited(let code):
      throw EngineError.failed(
        command: command, status: code, log: log.path, tail: LogFile.tail(of: log))
    case .signaled(let signal):
      throw EngineError.killed(
        command: command, signal: signal, log: log.path, tail: LogFile.tail(of: log))
    }
  }
}
