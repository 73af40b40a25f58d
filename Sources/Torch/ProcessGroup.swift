import CTorch

/// Processes that train one model together, each on a share of the data (c10d over gloo).
public final class ProcessGroup: @unchecked Sendable {
  /// The store at which the processes find each other.
  public struct Meeting: Sendable {
    public var host: String
    public var port: UInt16
    /// Whether this process hosts the store. Otherwise the launcher or the first process does.
    public var isHost: Bool
    /// A prefix that separates this attempt from earlier ones in the store.
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

  /// Waits for all processes. Throws if one does not join within `timeout`.
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

  /// Sums a dense tensor over all processes, in place. Throws if a process is gone.
  public func sum(_ tensor: Tensor) throws {
    try checkThrowing(ct_group_sum(handle, tensor.handle), "a sum over processes")
  }

  /// Copies the values of `root` to every process, in place. Throws if a process is gone.
  public func broadcast(_ tensor: Tensor, from root: Int = 0) throws {
    try checkThrowing(
      ct_group_broadcast(handle, tensor.handle, Int32(root)), "a broadcast to processes")
  }

  /// Sums gradients over all processes during the backward passes of a step, bucket by bucket in a
  /// fixed order. A bucket is sent when `passes` passes have added to all of it; with 0 passes, at
  /// the end. `sumGradients` ends the step. No other exchange may take place in between.
  public func beginGradients(of parameters: [Tensor], passes: Int, bucketBytes: Int) throws {
    let handles: [ct_tensor?] = parameters.map(\.handle)
    try checkThrowing(
      ct_group_begin_gradients(
        handle, handles, Int32(handles.count), Int32(passes), Int64(bucketBytes)),
      "a sum of gradients")
  }

  /// Replaces the gradients by their sums. Returns how many buckets were sent before this call.
  /// Throws if a process is gone.
  public func sumGradients() throws -> Int {
    var early: Int32 = 0
    try checkThrowing(ct_group_sum_gradients(handle, &early), "a sum of gradients")
    return Int(early)
  }

  /// Discards the sums of a failed step.
  public func abandonGradients() { ct_group_abandon_gradients(handle) }

  /// Returns the bytes of every process in order of rank. Throws if a process is gone.
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
