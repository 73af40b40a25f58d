import PreferenceData

/// Mean and variance of all numbers seen so far, part by part (Chan, Golub & LeVeque 1979).
struct RunningMoments {
  private(set) var count = 0.0
  private(set) var mean = 0.0
  private var squares = 0.0

  mutating func add(_ numbers: [Float]) {
    guard !numbers.isEmpty else { return }
    let added = Double(numbers.count)
    let addedMean = numbers.reduce(0) { $0 + Double($1) } / added
    let addedSquares = numbers.reduce(0) { sum, number in
      sum + (Double(number) - addedMean) * (Double(number) - addedMean)
    }
    let (distance, total) = (addedMean - mean, count + added)
    squares += addedSquares + distance * distance * count * added / total
    mean += distance * added / total
    count = total
  }

  /// The square root of the unbiased variance; 1 where nothing varies yet.
  var deviation: Double {
    guard count > 1, squares > 0 else { return 1 }
    return (squares / (count - 1)).squareRoot()
  }
}

extension RunningMoments {
  /// The state that a checkpoint stores.
  var json: JSONValue {
    ["count": .number(count), "mean": .number(mean), "squares": .number(squares)]
  }

  init?(json: JSONValue) {
    guard let count = json["count"]?.doubleValue, let mean = json["mean"]?.doubleValue,
      let squares = json["squares"]?.doubleValue
    else { return nil }
    (self.count, self.mean, self.squares) = (count, mean, squares)
  }
}
