import CTorch

extension Tensor {
  /// The same values, without a history.
  public func detached() -> Tensor { make("detached") { ct_detach(handle, $0) } }

  public var requiresGradient: Bool {
    get { ct_requires_grad(handle) }
    set { check(ct_set_requires_grad(handle, newValue), "requiresGradient") }
  }

  /// What `backward` has accumulated, or nil.
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

/// Runs `body` without recording history. The mode belongs to the thread, so `body` is synchronous.
public func noGradient<R>(_ body: () throws -> R) rethrows -> R {
  let previous = ct_grad_is_enabled()
  ct_set_grad_enabled(false)
  defer { ct_set_grad_enabled(previous) }
  return try body()
}
