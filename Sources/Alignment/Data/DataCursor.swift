import PreferenceData

/// Walks examples in batches, in a new random order each epoch, from any place it is put at.
struct DataCursor<Example> {
  private let examples: [Example]
  private let batch: Int
  /// Whether a batch goes on into the next epoch, or the last of an epoch is smaller.
  private let crossesEpochs: Bool
  private let shuffles: Bool
  private var random: DataOrder
  /// The random state that the present epoch's order was drawn from.
  private var epochStart: DataOrder
  private var order: [Int] = []
  private var position = 0

  init(
    _ examples: [Example], batch: Int, seed: Int, crossesEpochs: Bool = false, shuffles: Bool = true
  ) {
    precondition(!examples.isEmpty && batch > 0, "nothing to walk")
    self.examples = examples
    self.batch = batch
    self.crossesEpochs = crossesEpochs
    self.shuffles = shuffles
    random = DataOrder(seed: seed)
    epochStart = random
    startEpoch()
  }

  var batchesPerEpoch: Int { (examples.count + batch - 1) / batch }

  private mutating func startEpoch() {
    epochStart = random
    order = Array(examples.indices)
    if shuffles { order = random.shuffled(order) }
    position = 0
  }

  mutating func next() -> [Example] {
    var chosen: [Example] = []
    if position == order.count { startEpoch() }
    while chosen.count < batch {
      if position == order.count {
        guard crossesEpochs else { break }
        startEpoch()
      }
      chosen.append(examples[order[position]])
      position += 1
    }
    return chosen
  }

  /// Where the walk is, to go on from with `restore`.
  var state: JSONValue {
    ["random": .string(String(epochStart.state)), "position": .integer(position)]
  }

  /// Returns false when `state` is none.
  mutating func restore(_ state: JSONValue?) -> Bool {
    guard let random = state?["random"]?.stringValue.flatMap(UInt64.init),
      let position = state?["position"]?.intValue, (0...examples.count).contains(position)
    else { return false }
    self.random.state = random
    startEpoch()
    self.position = position
    return true
  }
}
