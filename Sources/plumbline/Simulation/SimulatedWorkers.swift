import ArgumentParser
import Foundation
import Labelling

/// The options that make simulated labellers differ.
struct SimulatedWorkers: ParsableArguments {
  @Option(help: ArgumentHelp("Number of labellers.", valueName: "count"))
  var labellers = 3

  @Option(
    help: """
      Noise in their judgements, in units of the preference; 0 is none. One number for all, or \
      several separated by commas, used in turn. The next three options work alike.
      """)
  var noise: Numbers = [0]
  @Option(
    help: ArgumentHelp(
      "Advantage of the first place on the page over the last.", valueName: "share"))
  var positionBias: Numbers = [0]
  @Option(
    help: ArgumentHelp(
      "Advantage of the longest answer over the shortest.", valueName: "share"))
  var lengthBias: Numbers = [0]
  @Option(help: ArgumentHelp("Reading speed, in bytes per second.", valueName: "bytes"))
  var readingSpeed: Numbers = [25]

  @Option(
    help: ArgumentHelp("Share of labellers who do not read.", valueName: "share"))
  var spamShare = 0.0
  @Option(
    help: ArgumentHelp(
      "Behaviour of those labellers, used in turn: \(Spam.names).", valueName: "kinds"))
  var spam: Spam = .all

  /// Numbers separated by commas.
  struct Numbers: ExpressibleByArgument, ExpressibleByArrayLiteral {
    let values: [Double]

    init(arrayLiteral values: Double...) { self.values = values }

    init?(argument: String) {
      let numbers = argument.split(separator: ",").map { Double($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ ($0?.magnitude ?? .infinity) <= 1e9 }) else {
        return nil
      }
      values = numbers.compactMap(\.self)
    }

    subscript(turn: Int) -> Double { values[turn % values.count] }
    var defaultValueDescription: String { values.map { $0.formatted() }.joined(separator: ",") }
  }

  /// Kinds of spam, separated by commas.
  struct Spam: ExpressibleByArgument {
    static let all = Spam(kinds: SimulatedLabeller.Spam.allCases)
    static let names = SimulatedLabeller.Spam.allCases.map(\.rawValue).joined(separator: ", ")
    let kinds: [SimulatedLabeller.Spam]

    init(kinds: [SimulatedLabeller.Spam]) { self.kinds = kinds }

    init?(argument: String) {
      let found = argument.split(separator: ",").map {
        SimulatedLabeller.Spam(rawValue: String($0))
      }
      guard !found.isEmpty, !found.contains(nil) else { return nil }
      kinds = found.compactMap(\.self)
    }

    var defaultValueDescription: String { kinds.map(\.rawValue).joined(separator: ",") }
  }

  func validate() throws {
    guard (1...10_000).contains(labellers) else {
      throw ValidationError("--labellers must be 1 to 10000.")
    }
    guard noise.values.allSatisfy({ $0 >= 0 }) else {
      throw ValidationError("--noise must not be negative.")
    }
    guard readingSpeed.values.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--reading-speed must be above 0.")
    }
    guard (0...1).contains(spamShare) else {
      throw ValidationError("--spam-share must be between 0 and 1.")
    }
  }

  /// The habits of each labeller. The last ones are spammers.
  var habits: [SimulatedLabeller.Habits] {
    let spammers = Int((spamShare * Double(labellers)).rounded())
    return (0..<labellers).map { index in
      var habits = SimulatedLabeller.Habits()
      habits.noise = noise[index]
      habits.positionBias = positionBias[index]
      habits.lengthBias = lengthBias[index]
      habits.bytesPerSecond = readingSpeed[index]
      let spammer = index - (labellers - spammers)
      if spammer >= 0 { habits.spam = spam.kinds[spammer % spam.kinds.count] }
      return habits
    }
  }
}
