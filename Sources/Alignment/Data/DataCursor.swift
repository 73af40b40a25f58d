import Foundations
import PreferenceData

/// Iterates over examples in batches, in a new random order each epoch. Its position can be stored
/// and restored.
struct DataCursor<Example> {
  private let examples: [Example]
  private let plan: EpochPlan
  private let batch: Int
  /// Whether a batch continues into the next epoch. If not, the last batch of an epoch may be smaller.
  private let crossesEpochs: Bool
  private let shuffles: Bool
  /// The order of an epoch is drawn from the substream of its number.
  private let random: RandomStream
  private var epoch = 0
  private var order: [Int] = []
  private var position = 0

  init(
    _ examples: [Example], plan: EpochPlan? = nil, batch: Int, random: RandomStream,
    crossesEpochs: Bool = false, shuffles: Bool = true
  ) {
    self.examples = examples
    self.plan = plan ?? EpochPlan(whole: examples.count)
    precondition(self.plan.length > 0 && batch > 0, "nothing to walk")
    self.batch = batch
    self.crossesEpochs = crossesEpochs
    self.shuffles = shuffles
    self.random = random
    start(epoch: 0)
  }

  var batchesPerEpoch: Int { (plan.length + batch - 1) / batch }

  private mutating func start(epoch number: Int) {
    epoch = number
    order = plan.order(epoch: number, random: random, shuffles: shuffles) ?? order
    position = 0
  }

  mutating func next() -> [Example] {
    var chosen: [Example] = []
    if position == order.count { start(epoch: epoch + 1) }
    while chosen.count < batch {
      if position == order.count {
        guard crossesEpochs else { break }
        start(epoch: epoch + 1)
      }
      chosen.append(examples[order[position]])
      position += 1
    }
    return chosen
  }

  /// The position, for `restore`.
  var state: JSONValue {
    ["epoch": .integer(epoch), "position": .integer(position)]
  }

  /// Restores a position. Returns false if `state` is invalid.
  mutating func restore(_ state: JSONValue?) -> Bool {
    guard let epoch = state?["epoch"]?.intValue, (0..<Int.max).contains(epoch),
      let position = state?["position"]?.intValue, (0...plan.length).contains(position),
      plan.order(epoch: epoch, random: random, shuffles: shuffles) != nil
    else { return false }
    start(epoch: epoch)
    self.position = position
    return true
  }
}
