import Foundation

/// What a process needs before it does anything.
enum ProcessSetup {
  /// Keeps what is written from other users of the machine: judgements, names, hashes, secrets.
  static func keepFilesPrivate() {
    umask(0o077)
  }

  /// Makes a crash end the process at once, by starting this program anew.
  ///
  /// Swift's runtime would unwind and symbolicate for many seconds, in which the process holds its
  /// port and answers nobody; only then could a supervisor start it again. The runtime reads the
  /// variable before any code of ours runs.
  static func endQuicklyOnCrash() {
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
    // Where the link cannot be read, the program goes on as it is.
    guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    execv(path, CommandLine.unsafeArgv)
  }
}
