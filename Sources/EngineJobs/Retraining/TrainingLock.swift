import Foundation

/// One training at a time per workspace: a lock that the kernel releases when its holder dies.
final class TrainingLock: Sendable {
  private let descriptor: Int32

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Acquires the lock for a run. Throws `RetrainingError.alreadyTraining` if another run has it.
  static func take(_ runs: URL, for run: String) async throws -> TrainingLock {
    try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
    let url = file(runs)
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path])
    }
    do {
      guard try await isTaken(descriptor) else {
        throw RetrainingError.alreadyTraining(run: name(in: url) ?? "of another process")
      }
    } catch {
      close(descriptor)
      throw error
    }
    ftruncate(descriptor, 0)
    let bytes = Array(run.utf8)
    _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    return TrainingLock(descriptor: descriptor)
  }

  deinit {
    // A child that was just forked shares the lock until its program starts, so closing is not enough.
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

  // A caller of `holder` has the lock for an instant, so one refusal means nothing.
  private static func isTaken(_ descriptor: Int32) async throws -> Bool {
    for _ in 0..<5 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  private static func file(_ runs: URL) -> URL { runs.appending(path: ".training") }

  private static func name(in url: URL) -> String? {
    (try? String(contentsOf: url, encoding: .utf8)).flatMap { $0.isEmpty ? nil : $0 }
  }
}
