import LanguageModels
import Testing
import Torch

@Suite("Models with numbers that are not finite")
struct NotFiniteTests {
  private func damage(_ model: CausalLanguageModel, _ name: String, row: Int, _ value: Double)
    throws
  {
    let weight = try #require(model.parameters[name])
    weight.value[row].fill(value)
  }

  @Test(
    "Generation says which weight is to blame, greedy or not, filtered or not",
    arguments: [(0.0, 1.0), (1.0, 1.0), (1.0, 0.9)])
  func namesTheWeight(temperature: Double, topP: Double) throws {
    let model = try TinyModel.make()
    try damage(model, "model.norm.weight", row: 5, .nan)
    let options = SamplingOptions(temperature: temperature, topP: topP, maxNewTokens: 4)
    let generator = try BatchGenerator(model, options: options, slots: 2, contextLength: 16)

    #expect {
      _ = try generator.generate([GenerationRequest(ids: [3, 4], seed: 1)])
    } throws: {
      guard case LanguageModelError.notFinite(let problem) = $0 else { return false }
      return problem.contains("the weight “model.norm.weight” has 1 of")
    }
  }

  @Test("Only the rows that a broken embedding touches fail; their slots are free again")
  func otherRowsGoOn() throws {
    let model = try TinyModel.make(ties: false)
    let options = SamplingOptions(temperature: 0, maxNewTokens: 6, ignoresEnd: true)
    let healthy = try BatchGenerator(model, options: options, slots: 1, contextLength: 32)
      .generate([GenerationRequest(ids: [3, 4, 5], seed: 1)])[0].ids
    try damage(model, "model.embed_tokens.weight", row: 49, .infinity)
    let batch = try ContinuousBatch(model, slots: 2, contextLength: 32)
    let broken = try batch.admit(GenerationRequest(ids: [3, 49], seed: 1), options)
    let sound = try batch.admit(GenerationRequest(ids: [3, 4, 5], seed: 1), options)

    var ids: [Int] = []
    var failures: [ContinuousBatch.Failure] = []
    while !batch.isEmpty {
      let (events, failed) = batch.advance()
      ids += events.filter { $0.row == sound }.map(\.id)
      failures += failed
    }

    #expect(!healthy.contains(49))
    #expect(ids == healthy)
    #expect(failures.map(\.row) == [broken])
    #expect("\(failures[0].error)".contains("the weight “model.embed_tokens.weight” has"))
    #expect(batch.freeSlots == 2)
  }

  @Test("Without a flawed weight, the message says that a number grew too large")
  func overflow() throws {
    let model = try TinyModel.make(ties: false)
    let head = try #require(model.parameters["lm_head.weight"])
    head.value.fill(3e38)

    #expect {
      let options = SamplingOptions(temperature: 0, maxNewTokens: 4)
      _ = try BatchGenerator(model, options: options, slots: 1, contextLength: 16)
        .generate([GenerationRequest(ids: [3], seed: 1)])
    } throws: { "\($0)".contains("all its weights are") }
  }

  @Test("Options that fp32 cannot hold are refused by name")
  func options() throws {
    func problem(_ change: (inout SamplingOptions) -> Void) -> String {
      var options = SamplingOptions()
      change(&options)
      do {
        try options.validate()
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(problem { $0.temperature = 1e-39 } == "")
    #expect(problem { $0.logitBias = [5: 100, 6: -100] } == "")
    #expect(problem { $0.temperature = 1e39 }.contains("the temperature 1e+39"))
    #expect(problem { $0.logitBias = [5: 1e39] }.contains("the logit bias 1e+39 of token 5"))
    #expect(problem { $0.logitBias = [5: .nan] }.contains("of token 5"))
    #expect(problem { $0.repetitionPenalty = 1e-40 }.contains("the repetition penalty 1e-40"))
    #expect(problem { $0.presencePenalty = .infinity }.contains("the presence penalty inf"))
    #expect(throws: LanguageModelError.self) {
      var options = SamplingOptions()
      options.logitBias = [50: 1]
      try options.checkFits(TinyModel.configuration())
    }
  }
}
