import Synchronization

/// Whether someone asked the process to stop; training ends at the next step.
public enum Interruption {
  private static let flag = Atomic<Bool>(false)

  public static func request() { flag.store(true, ordering: .relaxed) }

  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Withdraws the request: for tests.
  package static func withdraw() { flag.store(false, ordering: .relaxed) }

  /// Throws when someone did.
  public static func check(step: Int, of total: Int) throws {
    if isRequested { throw AlignmentError.interrupted(step: step, of: total) }
  }
}
