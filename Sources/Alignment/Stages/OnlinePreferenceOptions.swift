/// Settings of direct preference optimisation on the policy's own answers.
public struct OnlinePreferenceOptions: SettingsSection {
  /// Answers to each prompt of a round; the best and the worst make its pair.
  public var responses = 2
  public var beta = 0.1
  /// A loss on pairs that looks at each pair alone.
  public var loss = DirectPreferenceLoss.sigmoid
  /// ε of the losses that know of swapped labels.
  public var labelSmoothing = 0.0
  public init() {}

  func checked(episodes: Int) throws -> Self {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ expected: String) throws {
      guard holds else {
        throw AlignmentError.badSetting(key: key, value: "\(value)", expected: expected)
      }
    }
    try check(responses > 1, "responses", responses, "at least 2")
    try check(
      episodes % responses == 0, "episodes", episodes, "a multiple of responses=\(responses)")
    try check(beta > 0, "beta", beta, "a positive number")
    try check(!loss.mixesPairs, "loss", loss.rawValue, "a loss that looks at each pair alone")
    let least = loss == .exoPair ? Double.leastNonzeroMagnitude : 0
    try check(
      labelSmoothing >= least && labelSmoothing < (loss == .robust ? 0.5 : 1), "labelSmoothing",
      labelSmoothing, "a share that loss=\(loss.rawValue) can bear")
    return self
  }
}
