extension String {
  /// The text, or its first characters and an ellipsis if it is longer than `count`.
  package func shortened(to count: Int) -> String {
    self.count <= count ? self : prefix(count - 1) + "…"
  }
}
