import PreferenceData
import Testing

@Suite("A pipeline of two threads")
struct PipelineTests {
  private struct Spill: Error, Equatable { var number: Int }

  @Test("Everything put is taken, in order")
  func order() throws {
    var taken: [Int] = []
    try pipeline { put in
      for number in 0..<10_000 { try put(number) }
    } to: { number in
      taken.append(number)
    }
    #expect(taken == Array(0..<10_000))
  }

  @Test("When the taker fails, the putter stops soon, and the taker's error is thrown")
  func takerFails() {
    var put = 0
    #expect(throws: Spill(number: 5)) {
      try pipeline { hand in
        while true {
          try hand(put)
          put += 1
        }
      } to: { number in
        if number == 5 { throw Spill(number: number) }
      }
    }
    #expect((6...20).contains(put))
  }

  @Test("When the putter fails, its error is thrown, and nothing is taken afterwards")
  func putterFails() {
    var taken: [Int] = []
    #expect(throws: Spill(number: 3)) {
      try pipeline { put in
        for number in 0..<3 { try put(number) }
        throw Spill(number: 3)
      } to: { number in
        taken.append(number)
      }
    }
    #expect(taken == Array(0..<taken.count))
    #expect(taken.count <= 3)
  }

  @Test("Nothing put is nothing taken")
  func nothing() throws {
    let none: [Int] = []
    try pipeline { put in
      for number in none { try put(number) }
    } to: { _ in
      Issue.record("nothing was put")
    }
  }

  @Test("What is read ahead comes in order, whatever its size", arguments: [0, 1 << 20])
  func readsAhead(size: Int) throws {
    var taken: [Int] = []
    try readingAhead(0..<1000, size: { _ in size }, prepare: { $0 }) { taken.append($0) }
    #expect(taken == Array(0..<1000))
  }

  @Test("When the consumer fails, reading ahead stops, and its error is thrown")
  func stopsReading() {
    var taken = 0
    #expect(throws: Spill(number: 7)) {
      try readingAhead(0..., size: { _ in 0 }, prepare: { $0 }) { number in
        taken += 1
        if number == 7 { throw Spill(number: 7) }
      }
    }
    #expect(taken == 8)
  }
}
