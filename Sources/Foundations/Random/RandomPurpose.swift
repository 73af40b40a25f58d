/// The use of a stream of random numbers.
///
/// Streams of different purposes are independent under the same seed. In brackets: the indices that
/// name a stream. The raw values are part of what a seed means, so none may change or be used again.
public enum RandomPurpose: UInt32, Sendable, CaseIterable {
  // MARK: - Answers

  /// Answers of `sample` and of the model server [prompt, response].
  case answers = 1
  /// Answers that an online method learns from [round, episode].
  case rollouts = 2
  /// Answers to held-out prompts, the same before, during and after training [answer].
  case heldOutAnswers = 3
  /// Seeds that the workbench passes to `sample` [policy, position of each prompt…].
  case engineSeeds = 4
  /// Seeds that the workbench passes to endpoints [policy, position of the prompt, answer].
  case endpointSeeds = 5

  // MARK: - First weights

  /// Adapters of a policy.
  case adapterWeights = 16
  /// The head and the adapters of a reward model.
  case rewardModelWeights = 17
  /// The adapters of a critic with its own network.
  case criticWeights = 18
  /// A model that is pretrained.
  case newModelWeights = 19

  // MARK: - Training data

  /// The order of a dataset's examples [epoch].
  case exampleOrder = 32
  /// The order of the prompts that are answered [epoch].
  case promptOrder = 33
  /// The order of the text that is mixed in [epoch].
  case mixedTextOrder = 34
  /// The order of micro-batches [round, pass].
  case microBatchOrder = 35
  /// The order of windows of a text [epoch].
  case windowOrder = 36
  /// The start of the windows of a text [epoch].
  case windowShift = 37
  /// The hidden tokens of a text in training [step].
  case hiddenTokens = 38
  /// The hidden tokens of a text in measurements.
  case measuredTokens = 39
  /// The answers that a reward model's scale is set by.
  case scaleAnswers = 40

  // MARK: - Statistics

  /// Resamples of a bootstrap.
  case bootstrap = 48

  // MARK: - Labelling

  /// The place of a prompt in a random order [position].
  case queuePlace = 64
  /// Whether a claim gets a gold prompt [labeller, claim].
  case goldTurn = 65
  /// The first gold prompt of a labeller [labeller].
  case goldStart = 66
  /// The behaviour of a simulated labeller [labeller].
  case simulatedLabeller = 67

  // MARK: - Checks

  /// Tokens of a self-check [sequence].
  case selfCheck = 80
  /// Data of tests.
  case tests = 81
}
