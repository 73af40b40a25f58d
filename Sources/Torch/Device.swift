import CTorch
import Foundation

/// The device that contains a tensor.
public enum Device: String, Sendable {
  case cpu
  case cuda

  var code: ct_device_type { self == .cuda ? CT_CUDA : CT_CPU }

  /// Whether this machine's libtorch can compute on the device.
  public var isAvailable: Bool { self == .cpu || ct_cuda_is_available() }
}

/// Facts and settings of the linked libtorch.
public enum Backend {
  /// The version of libtorch, for example `2.13.0`.
  public static var version: String { String(cString: ct_torch_version()) }

  /// Whether the CPU multiplies bf16 matrices natively, so that bf16 is faster than fp32.
  public static var hasFastBFloat16: Bool { ct_cpu_has_bfloat16() }

  /// Uses one thread for a model that is finished before a second thread has woken up.
  /// OMP_NUM_THREADS overrides this.
  public static func adaptThreads(toParameterCount count: Int) {
    let isChosen = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] != nil
    if !isChosen, count < Precision.smallestForBFloat16 { threadCount = 1 }
  }

  /// The number of threads per operator.
  public static var threadCount: Int {
    get { Int(ct_num_threads()) }
    set { check(ct_set_num_threads(Int32(clamping: newValue)), "threadCount") }
  }
}
