import ArgumentParser
import Foundation
import LanguageModels
import PreferenceData
import Torch

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a model's predictions for the next token or for [MASK].",
    discussion: """
      plumbline-engine inspect --model models/smollm2 "The cat sat on the"
      plumbline-engine inspect --model models/bert "The Roman Empire [MASK] with the reign of \
      Augustus."

      Without a text, it prints the shape of the model.
      """)

  @Option(help: "Model folder.") var model: String
  @Argument(help: "Text to continue, or with [MASK] for a missing word.")
  var text: String?
  @Option(help: "Token ids instead of a text, for example 12,7,103.") var ids: String?
  @Option(help: "Number of candidates.") var top = 10
  @Option(help: "Number type: auto, fp32 or bf16.") var precision = Precision.automatic
  @Option(help: "File for the logits [tokens, vocabulary] of every position (safetensors).")
  var logits: String?
  @Option(help: "File for the gradients of the mean loss by every weight (safetensors).")
  var gradients: String?
  @Flag(help: "Write the result as one JSON object.") var json = false

  private var folder: URL { URL(filePath: model, directoryHint: .isDirectory) }

  func validate() throws {
    guard text == nil || ids == nil else {
      throw ValidationError("Use a text or --ids, not both.")
    }
    guard top > 0 else { throw ValidationError("--top must be positive.") }
  }

  func run() throws {
    let shape = try ModelConfiguration(folder: folder)
    guard text != nil || ids != nil else { return describe(shape) }
    if shape.architecture.isMasked {
      let model = try MaskedLanguageModel(folder: folder, precision: precision)
      let ids = try tokens(shape)
      let mask = try maskToken()
      let places = ids.indices.filter { ids[$0] == mask }
      guard !places.isEmpty || logits != nil || gradients != nil else {
        throw ValidationError(
          "This model fills masked positions. Write [MASK] in the text for each missing word.")
      }
      try show(ids, zip(places, model.likeliest(at: places, of: ids, count: top)))
      try write(
        ids, logits: model.logits, loss: model.meanLoss, parameters: model.parameters)
    } else {
      let model = try CausalLanguageModel(folder: folder, precision: precision)
      let ids = try tokens(shape)
      try show(ids, [(ids.count, try model.likeliestNext(after: ids, count: top))])
      try write(
        ids, logits: model.logits, loss: model.meanLoss, parameters: model.parameters)
    }
  }

  // MARK: - In

  private func tokens(_ shape: ModelConfiguration) throws -> [Int] {
    if let ids {
      return try ids.split(separator: ",").map {
        guard let id = Int($0.trimmingCharacters(in: .whitespaces)) else {
          throw ValidationError("--ids: \($0) is not a whole number.")
        }
        return id
      }
    }
    let tokenizer = try Tokenizer(folder: folder)
    var text = text ?? ""
    if shape.architecture.isMasked, let mask = try maskToken(), let word = tokenizer.token(of: mask)
    {
      text = text.replacingOccurrences(of: "[MASK]", with: word)
    }
    return tokenizer.encode(text)
  }

  private func maskToken() throws -> Int? {
    guard ids == nil else { return nil }
    let tokenizer = try Tokenizer(folder: folder)
    guard let mask = ["[MASK]", "<mask>"].lazy.compactMap(tokenizer.tokenID).first else {
      throw LanguageModelError.unsupported(
        file: model, problem: "its tokenizer has no mask token",
        remedy: "Supported: [MASK] and <mask>")
    }
    return mask
  }

  // MARK: - Out

  private func show(_ ids: [Int], _ places: some Sequence<(Int, [Prediction])>) throws {
    let tokenizer = self.ids == nil ? try Tokenizer(folder: folder) : nil
    func word(_ id: Int) -> String { tokenizer?.text(of: id) ?? "" }
    if json {
      let found = places.map { place, predictions -> JSONValue in
        let candidates = predictions.map { prediction -> JSONValue in
          [
            "id": .integer(prediction.id), "token": .string(word(prediction.id)),
            "probability": .number(prediction.probability),
          ]
        }
        return ["position": .integer(place), "candidates": .array(candidates)]
      }
      print(
        CanonicalJSON.text([
          "ids": .array(ids.map { .integer($0) }), "places": .array(found),
        ]))
      return
    }
    for (place, predictions) in places {
      print(place == ids.count ? "next token" : "token \(place + 1)")
      for prediction in predictions {
        let share = String(format: "%7.3f %%", 100 * prediction.probability)
        let bar = String(repeating: "█", count: Int((30 * prediction.probability).rounded()))
        let name = tokenizer == nil ? "\(prediction.id)" : quoted(word(prediction.id))
        print("\(share)  \(name)  \(bar)")
      }
    }
  }

  /// Makes spaces and line breaks visible, which are part of many tokens.
  private func quoted(_ word: String) -> String {
    let visible = word.replacing("\n", with: "\\n").replacing("\t", with: "\\t")
    return "“\(visible)”".padding(toLength: max(16, visible.count + 2), withPad: " ", startingAt: 0)
  }

  private func write(
    _ ids: [Int], logits compute: (TokenBatch) -> Tensor, loss: ([Int]) throws -> Tensor,
    parameters: ParameterSet
  ) throws {
    if let logits {
      let values = noGradient { compute(TokenBatch([ids])).to(.float32) }
      try ModelFolderWriter.writeTensors([("logits", values)], to: URL(filePath: logits))
    }
    if let gradients {
      parameters.all.forEach { $0.train() }
      try loss(ids).backward()
      let values = parameters.all.compactMap { parameter in
        parameter.value.gradient.map { (parameter.name, $0) }
      }
      try ModelFolderWriter.writeTensors(values, to: URL(filePath: gradients))
    }
  }

  private func describe(_ shape: ModelConfiguration) {
    let count = shape.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    let facts: [(String, String, JSONValue)] = [
      ("architecture", "class", .string(shape.architecture.transformersClass)),
      ("parameters", "parameters", .integer(count)),
      ("layers", "layers", .integer(shape.layers)),
      ("width", "width", .integer(shape.width)),
      ("heads", "heads", .integer(shape.heads)),
      ("key-value heads", "keyValueHeads", .integer(shape.keyValueHeads)),
      ("context", "contextLength", .integer(shape.contextLength)),
      ("vocabulary", "vocabulary", .integer(shape.vocabularySize)),
      ("stored as", "dtype", .string(shape.dataType.torchName ?? shape.dataType.rawValue)),
    ]
    if json {
      let members = Dictionary(uniqueKeysWithValues: facts.map { ($0.1, $0.2) })
      return print(CanonicalJSON.text(.object(members)))
    }
    for (name, _, value) in facts {
      print(
        name.padding(toLength: 17, withPad: " ", startingAt: 0)
          + (value.stringValue ?? CanonicalJSON.text(value)))
    }
  }
}
