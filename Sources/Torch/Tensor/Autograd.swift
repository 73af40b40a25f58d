import CTorch

extension Tensor {
  /// Returns the same values without history.
  public func detached() -> Tensor { make("detached") { ct_detach(handle, $0) } }

  public var requiresGradient: Bool {
    get { ct_requires_grad(handle) }
    set { check(ct_set_requires_grad(handle, newValue), "requiresGradient") }
  }

  /// The gradient that `backward` accumulated, or nil.
  public var gradient: Tensor? {
    var gradient: ct_tensor?
    check(ct_grad(handle, &gradient), "gradient")
    return gradient.map(Tensor.init(owning:))
  }

  public func clearGradient() { check(ct_clear_grad(handle), "clearGradient") }

  /// Adds the gradient of this scalar (or of ⟨self, outer⟩) to every leaf that requires one.
  public func backward(_ outer: Tensor? = nil) {
    check(ct_backward(handle, outer?.handle), "backward")
  }
}

/// Whether this thread records history for `backward`.
public var isRecordingGradients: Bool { ct_grad_is_enabled() }

/// Runs `body` without recording history. The mode is per thread, so `body` is synchronous.
public func noGradient<R>(_ body: () throws -> R) rethrows -> R {
  let previous = ct_grad_is_enabled()
  ct_set_grad_enabled(false)
  defer { ct_set_grad_enabled(previous) }
  return try body()
}

extension Tensor {
  private final class Step {
    let run: (Tensor) -> Tensor
    init(_ run: @escaping (Tensor) -> Tensor) { self.run = run }
  }

  /// Returns `step(self)` and keeps only its input: backward runs the step again (Chen et al.
  /// 2016). The step must return the same result each time.
  public func recomputed(_ step: @escaping (Tensor) -> Tensor) -> Tensor {
    let context = Unmanaged.passRetained(Step(step)).toOpaque()
    return make("recomputed") {
      ct_recomputed(
        handle,
        { context, input, out in
          guard let context, let input, let out else { return 1 }
          let step = Unmanaged<Step>.fromOpaque(context).takeUnretainedValue()
          var borrowed: ct_tensor?
          guard ct_alias(input, &borrowed) == 0, let borrowed else { return 1 }
          let result = step.run(Tensor(owning: borrowed))
          return withExtendedLifetime(result) { ct_alias(result.handle, out) }
        }, context,
        { context in
          if let context { Unmanaged<Step>.fromOpaque(context).release() }
        }, $0)
    }
  }
}
