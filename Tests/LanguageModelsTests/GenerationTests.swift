import Foundation
import LanguageModels
import Testing
import Torch

@Suite("Generation")
struct GenerationTests {
  private let prompts = [[3, 14, 15], [9], [2, 6, 5, 35, 8, 9, 7], [9, 3, 2, 3]]

  private func generate(
    _ model: CausalLanguageModel, _ prompts: [[Int]], temperature: Double = 0, slots: Int = 4,
    ignoresEnd: Bool = true
  ) throws -> [Generation] {
    let options = SamplingOptions(
      temperature: temperature, maxNewTokens: 20, ignoresEnd: ignoresEnd)
    let generator = try BatchGenerator(model, options: options, slots: slots, contextLength: 40)
    return try generator.generate(
      prompts.enumerated().map { GenerationRequest(ids: $1, seed: UInt64($0)) })
  }

  @Test("Greedy generation with the cache equals the argmax of whole forward passes")
  func cacheEqualsNoCache() throws {
    let model = try TinyModel.make(ties: false)

    let generated = try generate(model, [prompts[2]])[0]

    var ids = prompts[2]
    var logProbabilities: [Float] = []
    for _ in 0..<20 {
      let logits = noGradient { model.logits(TokenBatch([ids]))[ids.count - 1] }
      ids.append(Int(logits.argmax().item()))
      logProbabilities.append(logits.logSoftmax(0).floats()[ids[ids.count - 1]])
    }
    #expect(generated.ids == Array(ids.dropFirst(prompts[2].count)))
    for (ours, expected) in zip(generated.logProbabilities, logProbabilities) {
      #expect(abs(ours - expected) < 1e-4)
    }
  }

  @Test("A row does not depend on its neighbours or on the number of slots", arguments: [0.0, 1.0])
  func batchInvariance(temperature: Double) throws {
    let model = try TinyModel.make()

    let together = try generate(model, prompts, temperature: temperature)
    let crowded = try generate(model, prompts, temperature: temperature, slots: 2)

    #expect(together.map(\.ids) == crowded.map(\.ids))
    let alone = try generate(model, [prompts[0]], temperature: temperature)
    #expect(alone[0].ids == together[0].ids)
  }

  @Test("An answer stops at the end token, which is its last")
  func stops() throws {
    let model = try TinyModel.make(seed: 5)
    let many = (0..<40).map { [$0 % 49 + 1] }

    let generated = try generate(model, many, temperature: 1, ignoresEnd: false)

    let ended = generated.filter { $0.finish == .stop }
    #expect(!ended.isEmpty)
    #expect(ended.allSatisfy { $0.ids.last == 0 && !$0.ids.dropLast().contains(0) })
    #expect(generated.filter { $0.finish == .length }.allSatisfy { $0.ids.count == 20 })
  }

  @Test("A prompt that fills the context is refused with its number")
  func refusesLongPrompt() throws {
    let model = try TinyModel.make()

    #expect {
      try generate(model, [[1], Array(repeating: 3, count: 40)])
    } throws: { "\($0)".contains("prompt 2 has 40 tokens") }
  }

  @Test("Adapters change nothing at first; merged, they change what the model says alike")
  func adapters() throws {
    let model = try TinyModel.make()
    let batch = TokenBatch(prompts)
    let base = noGradient { model.logits(batch) }
    model.addAdapters(rank: 4, alpha: 8, generator: Generator(seed: 2))

    #expect(noGradient { model.logits(batch) }.floats() == base.floats())
    for (index, parameter) in model.trainedParameters.enumerated() {
      let noise = Generator(seed: UInt64(index)).normal(parameter.shape, deviation: 0.2)
      parameter.value.accumulate(noise)
    }
    let adapted = noGradient { model.logits(batch) }
    let reference = noGradient { model.withoutAdapters { model.logits(batch) } }
    #expect(reference.floats() == base.floats())
    let sampled = try generate(model, prompts).map(\.ids)
    model.mergeAdapters()
    let merged = noGradient { model.logits(batch) }
    #expect((merged - adapted).abs().max().item() < 1e-4)
    #expect((merged - base).abs().max().item() > 1e-2)
    #expect(try generate(model, prompts).map(\.ids) == sampled)
  }

  @Test("A saved folder loads with the same logits")
  func saveAndLoad() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "plumbline-\(UUID().uuidString)", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try TinyModel.make(ties: false)
    model.addAdapters(rank: 2, alpha: 2, generator: Generator(seed: 2))
    for parameter in model.trainedParameters {
      parameter.value.accumulate(Generator(seed: 3).normal(parameter.shape, deviation: 0.1))
    }

    try model.save(to: folder, tokenizerFolder: folder)
    let loaded = try CausalLanguageModel(folder: folder, precision: .float32)

    let batch = TokenBatch(prompts)
    let difference = noGradient { (loaded.logits(batch) - model.logits(batch)).abs().max().item() }
    #expect(difference < 1e-4)
  }

  @Test("Rows that come and go between steps say what they say alone")
  func continuousBatching() throws {
    let model = try TinyModel.make()
    var options = SamplingOptions(temperature: 1, maxNewTokens: 12, ignoresEnd: true)
    options.repetitionPenalty = 1.2
    let alone = try prompts.enumerated().map { index, prompt in
      try BatchGenerator(model, options: options, slots: 1, contextLength: 40)
        .generate([GenerationRequest(ids: prompt, seed: UInt64(index))])[0].ids
    }

    let batch = try ContinuousBatch(model, slots: 2, contextLength: 40)
    var texts: [Int: [Int]] = [:]
    var next = 0
    var steps = 0
    while next < prompts.count || !batch.isEmpty {
      // One new row every third step, while there is a slot; a guest is thrown out at once.
      if next < prompts.count, batch.freeSlots > 0, steps % 3 == 0 {
        let request = GenerationRequest(ids: prompts[next], seed: UInt64(next))
        _ = try batch.admit(request, options)
        let guest = GenerationRequest(ids: [7], seed: 9)
        if batch.freeSlots > 0 { batch.remove(try batch.admit(guest, options)) }
        next += 1
      }
      for event in try batch.step() { texts[event.row, default: []].append(event.id) }
      steps += 1
    }

    #expect(texts.values.map { $0.count } == [12, 12, 12, 12])
    for (index, expected) in alone.enumerated() {
      #expect(texts.values.contains(expected), "prompt \(index)")
    }
    #expect(batch.freeSlots == 2)
  }
}
