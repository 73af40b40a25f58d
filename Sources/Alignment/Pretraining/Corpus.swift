import Foundation
import LanguageModels
import PreferenceData
import Torch

/// A text as tokens, parted into what is trained and what is measured on.
struct Corpus {
  let train: [Int]
  let validation: [Int]
  /// Bytes of the validation text.
  let validationBytes: Int
  let tokenizer: Tokenizer
  let endToken: Int
  let paddingToken: Int?

  var vocabularySize: Int { tokenizer.vocabularySize }

  init(text: String, path: String, tokenizer: Tokenizer, _ stage: PretrainingOptions) throws {
    let cut = text.unicodeScalars.index(
      text.startIndex,
      offsetBy: Int(Double(text.unicodeScalars.count) * (1 - stage.validation)))
    let tail = String(text.unicodeScalars[cut...])
    train = tokenizer.encode(String(text.unicodeScalars[..<cut]), addSpecialTokens: false)
    validation = tokenizer.encode(tail, addSpecialTokens: false, continues: true)
    validationBytes = tail.utf8.count
    self.tokenizer = tokenizer
    let named = [CharacterTokenizer.endToken, "</s>", "<|im_end|>", "[SEP]"]
    guard let end = named.lazy.compactMap(tokenizer.tokenID(of:)).first else {
      throw AlignmentError.badData(
        file: stage.tokenizer,
        problem: "the tokenizer has none of the end tokens \(named.joined(separator: ", ")).")
    }
    endToken = end
    paddingToken = ["<pad>", "[PAD]"].lazy.compactMap(tokenizer.tokenID(of:)).first
    guard train.count > stage.context else {
      throw AlignmentError.tooLittleData(
        "\(path): \(train.count) tokens do not fill one window of \(stage.context).")
    }
  }

  /// Loss, perplexity, bits per byte and accuracy over the whole validation text, in windows that
  /// follow each other; and beside them those of a unigram, which knows the tokens' shares alone.
  ///
  /// Of a masked objective they are of the hidden tokens, chosen with a fixed seed; its bits per
  /// byte count these tokens' share of the bytes, and are no code length.
  func measure(
    _ objective: any PretrainingObjective, _ stage: PretrainingOptions, _ options: TrainingOptions
  ) -> [String: JSONValue] {
    let length = objective.windowLength(context: stage.context)
    let starts = stride(from: 0, to: validation.count - 1, by: stage.context)
    var random = Masking.measuring
    let predictions = objective.predictions(
      starts.map { Array(validation[$0..<min($0 + length, validation.count)]) }, &random
    ).filter { !$0.targets.isEmpty }
    guard !predictions.isEmpty else { return [:] }
    let (sum, right, count) = noGradient {
      MicroBatches.split(predictions, limit: options.microBatchTokens, size: \.inputs.count)
        .reduce(into: (0.0, 0.0, 0)) { total, part in
          let (losses, hits) = objective.losses(part, wantsHits: true)
          total.0 += losses.sum().item()
          total.1 += hits?.sum().item() ?? 0
          total.2 += losses.count
        }
    }
    let loss = sum / Double(count)
    let bytesAToken = Double(validationBytes) / Double(max(validation.count - 1, 1))
    let isWhole = stage.objective == .nextToken
    let bytes = isWhole ? Double(validationBytes) : bytesAToken * Double(count)
    var metrics: [String: JSONValue] = [
      "validationLoss": .number(loss), "perplexity": .number(exp(loss)),
      "bitsPerByte": .number(sum / log(2) / bytes),
      "accuracy": .number(right / Double(count)), "validationTokens": .integer(count),
    ]
    metrics.merge(unigram(predictions.flatMap(\.targets))) { $1 }
    return metrics
  }

  /// Loss and accuracy of the training text's token shares, one added to every count.
  private func unigram(_ targets: [Int]) -> [String: JSONValue] {
    var counts = [Int](repeating: 1, count: vocabularySize)
    for id in train { counts[id] += 1 }
    let total = Double(counts.reduce(0, +))
    let loss = targets.reduce(0.0) { $0 - log(Double(counts[$1]) / total) }
    let commonest = counts.indices.max { counts[$0] < counts[$1] }
    let hits = targets.count { $0 == commonest }
    return [
      "unigramLoss": .number(loss / Double(targets.count)),
      "unigramAccuracy": .number(Double(hits) / Double(targets.count)),
    ]
  }
}
