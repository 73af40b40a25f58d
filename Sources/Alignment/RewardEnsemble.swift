import Foundation
import LanguageModels
import PreferenceData
import Torch

/// Reward models that differ in their seeds. They agree on answers like the training data, and disagree
/// on answers far from it (Coste et al. 2023).
///
/// Each model reads text with its own tokenizer and chat template. It reads the policy's tokens
/// directly only if the tokenizers are the same.
final class RewardEnsemble {
  private let members: [RewardMember]

  /// - Parameters:
  ///   - maxLength: Tokens that are read at most; nil is as many as each model can.
  ///   - chatTemplate: A name or a file that replaces the template of each model; nil keeps it.
  ///   - policy: The folder and the encoder of the policy whose answers will be scored.
  init(
    folders: [URL], precision: Precision, maxLength: Int? = nil, chatTemplate: String? = nil,
    policy: (folder: URL, encoder: ConversationEncoder)? = nil
  ) throws {
    precondition(!folders.isEmpty, "an ensemble has a model")
    members = try folders.map {
      try RewardMember(
        folder: $0, precision: precision, maxLength: maxLength, chatTemplate: chatTemplate,
        policy: policy)
    }
  }

  var isEnsemble: Bool { members.count > 1 }

  /// The folders of models that read answers in other tokens than the policy's.
  var translated: [URL] { members.filter { !$0.readsPolicyTokens }.map(\.folder) }

  /// Whether all models read the tokens of the first alike.
  func sharesTokens() throws -> Bool {
    try members.dropFirst().allSatisfy {
      try TokenizerContent.isSame(members[0].folder, $0.folder)
    }
  }

  /// The numbers of texts that each model has read and truncated so far.
  var readings: [RewardReadings] { members.map(\.readings) }

  /// Returns the mean score of each episode and the models' standard deviation (with n − 1; 0 for one
  /// model). `batch` contains the same episodes.
  func scores(_ episodes: [Episode], _ batch: CompletionBatch, tokensAtOnce: Int) throws
    -> [(score: Float, disagreement: Float)]
  {
    let scores = try members.map { try $0.scores(episodes, batch, tokensAtOnce: tokensAtOnce) }
    return episodes.indices.map { index in Self.combined(scores.map { $0[index] }) }
  }

  /// The same of an answer that is a text.
  func score(_ prompt: ScoredPrompt, _ answer: String) throws
    -> (score: Float, disagreement: Float)
  {
    Self.combined(try members.map { try $0.score(prompt, answer) })
  }

  static func combined(_ scores: [Float]) -> (score: Float, disagreement: Float) {
    guard scores.count > 1 else { return (scores[0], 0) }
    let mean = scores.reduce(0, +) / Float(scores.count)
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Float(scores.count - 1)).squareRoot())
  }
}

/// The numbers of texts that a reward model has read, and that were truncated to its context.
public struct RewardReadings: Sendable {
  public let model: String
  /// Whether it read a policy's answers as text, since its tokens are others.
  public let isTranslated: Bool
  public fileprivate(set) var answers = 0
  public fileprivate(set) var truncatedPrompts = 0
  public fileprivate(set) var truncatedAnswers = 0

  fileprivate mutating func add(_ fitted: FittedAnswers) {
    answers += fitted.answersLoseEnd.count
    truncatedPrompts += fitted.promptLosesStart ? 1 : 0
    truncatedAnswers += fitted.answersLoseEnd.count(where: \.self)
  }

  public var json: JSONValue {
    [
      "model": .string(model), "reencodes": .bool(isTranslated), "answers": .integer(answers),
      "truncatedPrompts": .integer(truncatedPrompts),
      "truncatedAnswers": .integer(truncatedAnswers),
    ]
  }

  /// For people; nil where nothing was cut.
  public var warning: String? {
    guard truncatedPrompts + truncatedAnswers > 0 else { return nil }
    return """
      Warning: of \(answers) answers, \(truncatedPrompts) were scored without the start of their \
      prompt and \(truncatedAnswers) without their end, which is longer than \(model) reads.
      """
  }
}

/// One model of an ensemble, with the way it reads.
private final class RewardMember {
  let folder: URL
  private let model: RewardModel
  private let reader: RewardReader
  private let policy: ConversationEncoder?
  let readsPolicyTokens: Bool
  private(set) var readings: RewardReadings

  init(
    folder: URL, precision: Precision, maxLength: Int?, chatTemplate: String?,
    policy: (folder: URL, encoder: ConversationEncoder)?
  ) throws {
    self.folder = folder
    model = try RewardModel(folder: folder, precision: precision)
    model.trunk.packFrozenWeights(forTraining: false)
    reader = try RewardReader(
      folder: folder, configuration: model.trunk.configuration, maxLength: maxLength,
      chatTemplate: chatTemplate)
    self.policy = policy?.encoder
    readsPolicyTokens =
      try policy.map { [reader] policy in
        try policy.encoder.template == reader.encoder.template
          && policy.encoder.endToken == reader.encoder.endToken
          && TokenizerContent.isSame(policy.folder, folder)
      } ?? false
    readings = RewardReadings(
      model: folder.path, isTranslated: policy != nil && !readsPolicyTokens)
  }

  func scores(
    _ episodes: [Episode], _ batch: CompletionBatch, tokensAtOnce: Int
  ) throws -> [Float] {
    let read = try episodes.map { try fitted($0) }
    read.forEach { readings.add($0) }
    let completions = read.flatMap(\.completions)
    // The policy's own batch, where it is what this model reads.
    if zip(completions, episodes).allSatisfy({ $0.ids == $1.completion.ids }) {
      return try model.finiteScores(batch)
    }
    return try model.scores(completions, tokensAtOnce: tokensAtOnce)
  }

  /// Returns the tokens that the model reads for an episode: the episode's own if the tokenizer is the
  /// same, else those of its text.
  private func fitted(_ episode: Episode) throws -> FittedAnswers {
    let ids = episode.completion
    let size = model.trunk.configuration.vocabularySize
    // A policy may stop at another end token, or use ids that represent no text.
    let endsAlike = !episode.endedItself || ids.response.last == reader.encoder.endToken
    if readsPolicyTokens, endsAlike, ids.ids.allSatisfy({ $0 < size }) {
      let tail = episode.endedItself ? reader.tail : []
      return FittedAnswers(
        prompt: ids.prompt, responses: [ids.response + tail], limit: reader.limit)
    }
    let text = policy?.text(ids.response) ?? ""
    return try reader.read(episode.prompt, [text], ended: episode.endedItself)
  }

  func score(_ prompt: ScoredPrompt, _ answer: String) throws -> Float {
    let fitted: FittedAnswers
    switch prompt {
    case .messages(let messages): fitted = try reader.read(messages, [answer])
    case .text(let text):
      fitted = reader.read(promptIDs: reader.encoder.tokenizer.encode(text), [answer])
    case .ids(let ids):
      let size = model.trunk.configuration.vocabularySize
      if let strange = ids.first(where: { !(0..<size).contains($0) }) {
        throw AlignmentError.badData(
          file: folder.path, problem: "has \(size) tokens, and none with the id \(strange).")
      }
      fitted = reader.read(promptIDs: ids, [answer])
    }
    readings.add(fitted)
    return try noGradient {
      try model.finiteScores(CompletionBatch(fitted.completions, for: model.trunk))
    }[0]
  }
}
