import Foundation

/// One training at a time per workspace: a lock that the kernel releases when its holder dies.
final class TrainingLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock for a run; throws `RetrainingError.alreadyTraining` when another holds it.
  init(_ runs: URL, for run: String) throws {
    try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
    let url = Self.file(runs)
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path])
    }
    guard Self.take(descriptor) else {
      close(descriptor)
      throw RetrainingError.alreadyTraining(run: Self.name(in: url) ?? "of another process")
    }
    ftruncate(descriptor, 0)
    let bytes = Array(run.utf8)
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    self.descriptor = descriptor
  }

  deinit {
    // Said outright: a process that was just forked holds the same lock until its program starts.
    release()
    close(descriptor)
  }

  /// Lets the next run begin.
  func release() {
    flock(descriptor, LOCK_UN)
  }

  /// The run that is training in this workspace at this moment, by whichever process.
  static func holder(_ runs: URL) -> String? {
    let url = file(runs)
    let descriptor = open(url.path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return name(in: url)
  }

  // Whoever looks at `holder` has the lock for an instant.
  private static func take(_ descriptor: Int32) -> Bool {
    for _ in 0..<5 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      usleep(20_000)
    }
    return false
  }

  private static func file(_ runs: URL) -> URL { runs.appending(path: ".training") }

  private static func name(in url: URL) -> String? {
    (try? String(contentsOf: url, encoding: .utf8)).flatMap { $0.isEmpty ? nil : $0 }
  }
}
