/// Carries a value that is not `Sendable` to another thread.
///
/// Only one thread uses the value at a time. Whoever makes a box ensures that.
package final class UncheckedBox<Value>: @unchecked Sendable {
  package var value: Value

  package init(_ value: Value) {
    self.value = value
  }
}
