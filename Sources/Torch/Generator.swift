import CTorch
import Foundations

/// A random number generator whose state can be saved, identical to PyTorch's CPU generator.
public final class Generator: @unchecked Sendable {
  private let handle: ct_generator

  public init(seed: UInt64) {
    var handle: ct_generator?
    check(ct_generator_new(seed, &handle), "generator")
    guard let handle else { fatalError("generator: no result") }
    self.handle = handle
  }

  /// Seeds the generator with the first number of a stream.
  public convenience init(_ random: RandomStream) {
    var random = random
    self.init(seed: random.next())
  }

  deinit { ct_generator_free(handle) }

  /// The complete state, which can be assigned to a generator of any seed.
  public var state: [UInt8] {
    get {
      var size: Int64 = 0
      check(ct_generator_get_state(handle, nil, &size), "generator state")
      var bytes = [UInt8](repeating: 0, count: Int(size))
      check(ct_generator_get_state(handle, &bytes, &size), "generator state")
      return bytes
    }
    set {
      check(ct_generator_set_state(handle, newValue, Int64(newValue.count)), "generator state")
    }
  }

  public func normal(_ shape: [Int], mean: Double = 0, deviation: Double = 1) -> Tensor {
    make("normal") {
      ct_random_normal(wide(shape), Int32(shape.count), mean, deviation, handle, $0)
    }
  }

  /// Uniform in [0, 1).
  public func uniform(_ shape: [Int]) -> Tensor {
    make("uniform") { ct_random_uniform(wide(shape), Int32(shape.count), handle, $0) }
  }
}
