import Foundations
import Testing

@Suite("Generators")
struct PhiloxTests {
  private struct Vector: Sendable, CustomTestStringConvertible {
    let counter: [UInt32]
    let key: [UInt32]
    let block: [UInt32]
    var testDescription: String { "counter \(counter), key \(key)" }
  }

  // The lines “philox4x32 10” of tests/kat_vectors in Random123 1.14.0.
  private static let vectors = [
    Vector(
      counter: [0, 0, 0, 0], key: [0, 0],
      block: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    Vector(
      counter: [.max, .max, .max, .max], key: [.max, .max],
      block: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    Vector(
      counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
      key: [0xa409_3822, 0x299f_31d0],
      block: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
  ]

  @Test("Philox4x32-10 gives the known answers of Random123", arguments: vectors)
  private func knownAnswers(_ vector: Vector) {
    let (a, b, c, d) = Philox.block(
      counter: (vector.counter[0], vector.counter[1], vector.counter[2], vector.counter[3]),
      key: (vector.key[0], vector.key[1]))
    #expect([a, b, c, d] == vector.block)
  }

  // Computed from the definition by a program of its own; a seed must mean the same for good.
  @Test("A stream's numbers are Philox's at counters 0, 1, … under the key of its name")
  func streams() {
    var answer = RandomStream(seed: 1, .answers, 0, 0)
    #expect(
      (0..<4).map { _ in answer.next() } == [
        0x24ff_71d9_3ff8_3d87, 0x9c4d_f205_f052_6275, 0x65a3_b7fa_ec5e_d226,
        0xc89e_d186_4830_fe70,
      ])
    var place = RandomStream(seed: 42, .queuePlace, 7)
    #expect(
      (0..<4).map { _ in place.next() } == [
        0x2a38_e4b3_1347_efea, 0xd8a9_5230_59ec_6ea6, 0xd26d_c240_a9bc_7a40,
        0xf6f5_a5ed_6758_77ca,
      ])
  }

  @Test("SplitMix64 gives the numbers of its reference implementation")
  func splitMix() {
    var generator = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect((0..<5).map { _ in generator.next() } == expected)
  }
}
