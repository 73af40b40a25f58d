import Foundation
import LanguageModels
import PreferenceData
import Torch

/// The processes that share one run, as torchrun or Slurm starts them; alone, there is one.
///
/// Settings mean the same for any number of processes: `batch` is what one optimiser step sees in
/// all. Every process walks the same data, works on its share of each step, and adds its gradients
/// and numbers to those of the others, so all hold the same weights. The first one writes.
public enum Workers {
  /// How long the others may stay away before the run ends.
  private static let patience = Duration.seconds(1800)

  private static let membership = Result { try connect(ProcessInfo.processInfo.environment) }
  private static var group: ProcessGroup? { try? membership.get() }

  private struct Step {
    let parameters: [Tensor]
    let bucketBytes: Int
  }

  /// The step whose backward passes run. A process makes one at a time.
  nonisolated(unsafe) private static var step: Step?

  public static var count: Int { group?.count ?? 1 }
  public static var rank: Int { group?.rank ?? 0 }
  public static var isFirst: Bool { rank == 0 }

  /// Meets the other processes, where the environment names some.
  public static func join() throws { _ = try membership.get() }

  private static func connect(_ environment: [String: String]) throws -> ProcessGroup? {
    guard let count = environment["WORLD_SIZE"].flatMap(Int.init), count > 1 else { return nil }
    guard let rank = environment["RANK"].flatMap(Int.init), (0..<count).contains(rank),
      let host = environment["MASTER_ADDR"],
      let port = environment["MASTER_PORT"].flatMap(UInt16.init)
    else {
      throw AlignmentError.workers(
        """
        WORLD_SIZE is \(count), but RANK, MASTER_ADDR or MASTER_PORT is missing or wrong: start the \
        run with torchrun --no-python, or set them.
        """)
    }
    // torchrun keeps a store of its own at that address; elsewhere the first process serves one.
    let usesAgent = environment["TORCHELASTIC_USE_AGENT_STORE"] == "True"
    let attempt = environment["TORCHELASTIC_RESTART_COUNT"] ?? "0"
    let meeting = ProcessGroup.Meeting(
      host: host, port: port, isHost: !usesAgent && rank == 0,
      prefix: "/plumbline/attempt_\(attempt)")
    return try told { try ProcessGroup(meeting, rank: rank, count: count, timeout: patience) }
  }

  /// Names what a lost connection means.
  private static func told<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TorchError {
      throw AlignmentError.workers(
        """
        another process of this run is gone or out of reach (\(error)). Start the run again with \
        --resume: it goes on from its newest checkpoint.
        """)
    }
  }
}

// MARK: - Shares

extension Workers {
  /// This process's share of the micro-batches of a step; together the shares are all of them.
  static func share<Part>(_ parts: [Part]) -> [Part] {
    guard count > 1 else { return parts }
    return parts.indices.filter { $0 % count == rank }.map { parts[$0] }
  }

  /// The limit that leaves no process without a micro-batch, where `tokens` are to be worked on.
  static func limit(_ limit: Int, tokens: Int) -> Int {
    count > 1 ? min(limit, max(1, tokens / count)) : limit
  }

  /// This process's consecutive part of a list.
  static func range(of total: Int) -> Range<Int> {
    (total * rank / count)..<(total * (rank + 1) / count)
  }
}

// MARK: - Sums

extension Workers {
  /// Runs the backward passes of a step, which `body` announces by `expect`, and adds up the
  /// gradients of `parameters` over the processes, as far as can be while those run.
  ///
  /// - Returns: What `body` does, and how many buckets of gradients went out before it was over.
  static func summingGradients<R>(
    of parameters: [Tensor], bucketBytes: Int, _ body: () throws -> R
  ) throws -> (result: R, early: Int?) {
    guard let group else { return (try body(), nil) }
    step = Step(parameters: parameters, bucketBytes: bucketBytes)
    defer { step = nil }
    do {
      try expect(passes: 0)
      let result = try body()
      return (result, try told { try group.sumGradients() })
    } catch {
      group.abandonGradients()
      throw error
    }
  }

  /// Says before the first of them how many backward passes this process makes in the step.
  static func expect(passes: Int) throws {
    guard let group, let step else { return }
    try told {
      try group.beginGradients(
        of: step.parameters, passes: passes, bucketBytes: step.bucketBytes)
    }
  }

  /// Each number added up over the processes, some of which may lack it.
  static func sum(_ numbers: [String: Double]) throws -> [String: Double] {
    guard group != nil else { return numbers }
    return try gather(numbers).reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
  }

  /// Whether any process says so.
  static func any(_ value: Bool) throws -> Bool {
    try gather(value).contains(true)
  }

  /// What every process has, in the order of their ranks.
  static func gather<Value: Codable>(_ value: Value) throws -> [Value] {
    guard let group else { return [value] }
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "NaN")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+", negativeInfinity: "-", nan: "NaN")
    let bytes = try encoder.encode(value)
    return try told { try group.gather(Array(bytes)) }.map {
      try decoder.decode(Value.self, from: Data($0))
    }
  }

  /// Gives every process what the first one has.
  static func broadcast(_ tensors: [Tensor]) throws {
    guard let group else { return }
    try told { try tensors.forEach { try group.broadcast($0) } }
  }
}
