import Foundation

/// Settings of the process that apply before any other work.
enum ProcessSetup {
  /// Makes new files private, because they contain judgements, names, hashes and secrets.
  static func keepFilesPrivate() {
    umask(0o077)
  }

  /// Makes a crash end the process immediately, by starting this program again without backtraces.
  ///
  /// Otherwise Swift's runtime symbolicates for many seconds. During that time the process keeps
  /// its port without answering, and a supervisor cannot restart it. The runtime reads the variable
  /// before any code of this program runs.
  static func endQuicklyOnCrash() {
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
    // If the link cannot be read, the program continues with backtraces.
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    execv(path, CommandLine.unsafeArgv)
  }
}
