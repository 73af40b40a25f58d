import CTorch

/// Processes that train one model together, each with a share of the data (c10d over gloo).
public final class ProcessGroup: @unchecked Sendable {
  /// Where the processes meet.
  public struct Meeting: Sendable {
    public var host: String
    public var port: UInt16
    /// Whether this process serves the store; otherwise the launcher or the first process does.
    public var isHost: Bool
    /// Set apart from what an earlier attempt left in the store.
    public var prefix: String

    public init(host: String, port: UInt16, isHost: Bool, prefix: String) {
      self.host = host
      self.port = port
      self.isHost = isHost
      self.prefix = prefix
    }
  }

  /// 0 ..< `count`.
  public let rank: Int
  public let count: Int
  private let handle: ct_group

  /// Waits for all processes; throws when one does not come, or stays away for `timeout`.
  public init(_ meeting: Meeting, rank: Int, count: Int, timeout: Duration) throws {
    self.rank = rank
    self.count = count
    var handle: ct_group?
    let status = ct_group_new(
      meeting.host, meeting.port, meeting.isHost, Int32(rank), Int32(count), meeting.prefix,
      timeout.components.seconds * 1000, &handle)
    try checkThrowing(status, "meeting the other processes")
    guard let handle else {
      throw TorchError.failed(operation: "meeting the other processes", message: "no result")
    }
    self.handle = handle
  }

  deinit { ct_group_free(handle) }

  /// Adds up a dense tensor over all processes, in place. Throws when one is gone.
  public func sum(_ tensor: Tensor) throws {
    try checkThrowing(ct_group_sum(handle, tensor.handle), "a sum over processes")
  }

  /// Gives every process the values that `root` has, in place. Throws when one is gone.
  public func broadcast(_ tensor: Tensor, from root: Int = 0) throws {
    try checkThrowing(
      ct_group_broadcast(handle, tensor.handle, Int32(root)), "a broadcast to processes")
  }

  /// Lets gradients be added up over all processes while the backward passes of a step go on:
  /// bucket by bucket, in order, each once `passes` of them have added to all of it; with 0 passes,
  /// at the end. `sumGradients` ends the step; the processes exchange nothing else before.
  public func beginGradients(of parameters: [Tensor], passes: Int, bucketBytes: Int) throws {
    let handles: [ct_tensor?] = parameters.map(\.handle)
    try checkThrowing(
      ct_group_begin_gradients(
        handle, handles, Int32(handles.count), Int32(passes), Int64(bucketBytes)),
      "a sum of gradients")
  }

  /// Puts the sums in the gradients' place; returns how many buckets were on their way before.
  /// Throws when a process is gone.
  public func sumGradients() throws -> Int {
    var early: Int32 = 0
    try checkThrowing(ct_group_sum_gradients(handle, &early), "a sum of gradients")
    return Int(early)
  }

  /// Forgets the sum of a step that failed.
  public func abandonGradients() { ct_group_abandon_gradients(handle) }

  /// The bytes of every process, in the order of their ranks. Throws when one is gone.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    let sizes = Tensor((0..<count).map { $0 == rank ? bytes.count : 0 })
    try sum(sizes)
    return try sizes.integers().enumerated().map { root, size in
      guard size > 0 else { return [] }
      let own = root == rank ? bytes.map(Int.init) : Array(repeating: 0, count: size)
      let numbers = Tensor(own).to(.uint8)
      try broadcast(numbers, from: root)
      return numbers.bytes()
    }
  }
}
