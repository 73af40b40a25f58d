import Foundation

/// The result of comparing the store with its event log.
public struct VerificationReport: Sendable, Hashable {
  /// The event that recorded an older store as it was found.
  public struct Baseline: Sendable, Hashable {
    public var event: Int64
    public var recordedAt: Date
  }

  public var events = 0
  public var judgements = 0
  /// Prompts whose texts, responses and sources were compared with the event log.
  public var prompts = 0
  /// The hash of the last event.
  public var head = ""
  /// Nil if the event log covers the store from the first event on.
  public var baseline: Baseline?
  public var problems: [String] = []

  public var isSound: Bool { problems.isEmpty }
}
