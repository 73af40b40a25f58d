import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The processes that share one run, as torchrun or Slurm starts them. A run on its own has one.
///
/// Settings mean the same for any number of processes: `batch` is the size of one optimiser step
/// over all of them. Every process walks the same data, works on its share of each step, and adds
/// its gradients and numbers to those of the others, so all have the same weights. The first
/// process writes the files.
public final class Workers {
  /// How long a process waits for the others before the run ends.
  private static let timeout = Duration.seconds(1800)

  private let group: ProcessGroup?

  private struct Step {
    let parameters: [Tensor]
    let bucketBytes: Int
  }

  /// The optimiser step whose backward passes are running.
  private var step: Step?

  public var count: Int { group?.count ?? 1 }
  public var rank: Int { group?.rank ?? 0 }
  public var isFirst: Bool { rank == 0 }

  /// One process.
  public init() { group = nil }

  /// Connects to the other processes, if `environment` names any (`WORLD_SIZE`, `RANK`,
  /// `MASTER_ADDR`, `MASTER_PORT`).
  ///
  /// Throws `AlignmentError.workers` if a variable is missing or a process cannot be reached.
  public init(environment: [String: String]) throws {
    group = try Self.connect(environment)
  }

  private static func connect(_ environment: [String: String]) throws -> ProcessGroup? {
    guard let count = environment["WORLD_SIZE"].flatMap(Int.init), count > 1 else { return nil }
    guard let rank = environment["RANK"].flatMap(Int.init), (0..<count).contains(rank),
      let host = environment["MASTER_ADDR"],
      let port = environment["MASTER_PORT"].flatMap(UInt16.init)
    else {
      throw AlignmentError.workers(
        """
        WORLD_SIZE is \(count), but RANK, MASTER_ADDR or MASTER_PORT is missing or invalid. Start \
        the run with torchrun --no-python, or set them.
        """)
    }
    // torchrun serves a store at that address; without torchrun the first process serves one.
    let usesAgent = environment["TORCHELASTIC_USE_AGENT_STORE"] == "True"
    let attempt = environment["TORCHELASTIC_RESTART_COUNT"] ?? "0"
    let meeting = ProcessGroup.Meeting(
      host: host, port: port, isHost: !usesAgent && rank == 0,
      prefix: "/plumbline/attempt_\(attempt)")
    return try describingConnectionErrors {
      try ProcessGroup(meeting, rank: rank, count: count, timeout: timeout)
    }
  }

  /// Runs `body`, and says what to do if the connection to another process is lost.
  private static func describingConnectionErrors<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TorchError {
      throw AlignmentError.workers(
        """
        Another process of this run has ended or cannot be reached (\(error)). Start the run again \
        with --resume: it continues from its newest checkpoint.
        """)
    }
  }
}

// MARK: - Shares

extension Workers {
  /// Returns this process's share of the micro-batches of a step. The shares do not overlap and
  /// cover all of them.
  func share<Part>(_ parts: [Part]) -> [Part] {
    guard count > 1 else { return parts }
    return parts.indices.filter { $0 % count == rank }.map { parts[$0] }
  }

  /// Returns a token limit for micro-batches that leaves no process without one, for a step of
  /// `tokens` tokens.
  func limit(_ limit: Int, tokens: Int) -> Int {
    count > 1 ? min(limit, max(1, tokens / count)) : limit
  }

  /// Returns this process's consecutive part of a list.
  func range(of total: Int) -> Range<Int> {
    (total * rank / count)..<(total * (rank + 1) / count)
  }
}

// MARK: - Sums

extension Workers {
  /// Runs the backward passes of a step and adds up the gradients of `parameters` over the
  /// processes, sending each bucket while later gradients are still being computed. `body` must
  /// announce its backward passes with `expect`.
  ///
  /// - Returns: The result of `body`, and the number of buckets that were sent before it ended.
  func summingGradients<R>(
    of parameters: [Tensor], bucketBytes: Int, _ body: () throws -> R
  ) throws -> (result: R, early: Int?) {
    guard let group else { return (try body(), nil) }
    step = Step(parameters: parameters, bucketBytes: bucketBytes)
    defer { step = nil }
    do {
      try expect(passes: 0)
      let result = try body()
      return (result, try Self.describingConnectionErrors { try group.sumGradients() })
    } catch {
      group.abandonGradients()
      throw error
    }
  }

  /// Announces, before the first of them, the number of backward passes of this process in the step.
  func expect(passes: Int) throws {
    guard let group, let step else { return }
    try Self.describingConnectionErrors {
      try group.beginGradients(
        of: step.parameters, passes: passes, bucketBytes: step.bucketBytes)
    }
  }

  /// Returns each number summed over the processes; a missing number counts as 0.
  func sum(_ numbers: [String: Double]) throws -> [String: Double] {
    guard group != nil else { return numbers }
    return try gather(numbers).reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
  }

  /// Returns whether the value is true in any process.
  func any(_ value: Bool) throws -> Bool {
    try gather(value).contains(true)
  }

  /// Returns the value of every process, by rank.
  func gather<Value: Codable>(_ value: Value) throws -> [Value] {
    guard let group else { return [value] }
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "NaN")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "NaN")
    let bytes = try encoder.encode(value)
    return try Self.describingConnectionErrors { try group.gather(Array(bytes)) }.map {
      try decoder.decode(Value.self, from: Data($0))
    }
  }

  /// Copies the tensors of the first process to all others.
  func broadcast(_ tensors: [Tensor]) throws {
    guard let group else { return }
    try Self.describingConnectionErrors { try tensors.forEach { try group.broadcast($0) } }
  }
}
