import Synchronization

/// A request to stop the process. Training ends after the current step.
public enum Interruption {
  private static let flag = Atomic<Bool>(false)

  public static func request() { flag.store(true, ordering: .relaxed) }

  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Withdraws the request, for tests.
  package static func withdraw() { flag.store(false, ordering: .relaxed) }

  /// Throws `interrupted` if a stop was requested.
  public static func check(step: Int, of total: Int) throws {
    if isRequested { throw AlignmentError.interrupted(step: step, of: total) }
  }
}
