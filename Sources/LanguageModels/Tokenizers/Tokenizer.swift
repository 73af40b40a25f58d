import Foundation
import Foundations
import Synchronization

/// Converts text to token ids and back according to a `tokenizer.json`. Safe to share among
/// threads.
///
/// The stages are: added tokens, normalizer, pre-tokenizer, model, post-processor.
public final class Tokenizer: Sendable {
  let normalizer: Normalizer?
  let preTokenizer: PreTokenizer?
  let model: any TokenModel
  let decoder: TokenDecoder?
  /// Ids that the post-processor adds before every text.
  let prefix: [Int]
  let suffix: [Int]
  /// How offsets exclude white space; nil if they include it.
  let trimming: OffsetTrimming?
  let addedTokens: [Int: AddedToken]
  private let addedIDs: [ExactString: Int]
  let rawFinder: AddedTokenFinder
  let normalizedFinder: AddedTokenFinder
  private let states = Mutex<[EncodingState]>([])

  init(
    normalizer: Normalizer?, preTokenizer: PreTokenizer?, model: any TokenModel,
    decoder: TokenDecoder?, prefix: [Int], suffix: [Int], addedTokens: [AddedToken],
    trimming: OffsetTrimming? = nil
  ) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.decoder = decoder
    self.prefix = prefix
    self.suffix = suffix
    self.trimming = trimming
    self.addedTokens = Dictionary(addedTokens.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    addedIDs = Dictionary(
      addedTokens.map { (ExactString($0.content), $0.id) }, uniquingKeysWith: { $1 })
    rawFinder = AddedTokenFinder(
      addedTokens.filter { !$0.isNormalized }.map { ($0.content, $0) })
    normalizedFinder = AddedTokenFinder(
      addedTokens.filter(\.isNormalized).map {
        (normalizer?.apply($0.content, continues: false) ?? $0.content, $0)
      })
  }

  /// One more than the largest id.
  public var vocabularySize: Int {
    max(model.spellings.limit, (addedTokens.keys.max() ?? -1) + 1)
  }

  /// Returns the id of a token as spelled in the vocabulary, for example `<|im_end|>`.
  public func tokenID(of token: String) -> Int? {
    addedIDs[ExactString(token)] ?? model.spellings.id(of: token)
  }

  /// Returns the id of a token that is matched in any text, regardless of its context.
  func addedTokenID(of token: String) -> Int? { addedIDs[ExactString(token)] }

  /// Returns the spelling of a token, or nil for an unused id.
  public func token(of id: Int) -> String? {
    addedTokens[id]?.content
      ?? model.spellings[id].map { String(decoding: $0, as: UTF8.self) }
  }

  /// Returns whether an id is a special token, which `decode` omits.
  public func isSpecial(_ id: Int) -> Bool {
    addedTokens[id]?.isSpecial ?? false
  }

  /// Returns the ids of a text. Special tokens written in the text are always recognised.
  ///
  /// - Parameters:
  ///   - addSpecialTokens: Whether the post-processor adds special tokens such as `<s>`.
  ///   - continues: Whether the text continues another, so that no space is inserted before it.
  public func encode(
    _ text: String, addSpecialTokens: Bool = true, continues: Bool = false
  ) -> [Int] {
    var text = text
    var ids = addSpecialTokens ? prefix : []
    withState { state in
      state.continues = continues
      text.withUTF8 { bytes in
        for section in rawFinder.sections(of: bytes) {
          if let id = section.id {
            ids.append(id)
          } else {
            let part = UnsafeBufferPointer(rebasing: bytes[section.range])
            encodeNormalized(part, isAtStart: section.range.lowerBound == 0, state, into: &ids)
          }
        }
      }
    }
    if addSpecialTokens { ids += suffix }
    return ids
  }

  private func encodeNormalized(
    _ text: UnsafeBufferPointer<UInt8>, isAtStart: Bool, _ state: EncodingState,
    into ids: inout [Int]
  ) {
    guard let normalizer else {
      return encodeSections(text, isAtStart: isAtStart, state, into: &ids)
    }
    var normalized = normalizer.apply(
      String(decoding: text, as: UTF8.self), continues: state.continues && isAtStart)
    normalized.withUTF8 { encodeSections($0, isAtStart: isAtStart, state, into: &ids) }
  }

  private func encodeSections(
    _ text: UnsafeBufferPointer<UInt8>, isAtStart: Bool, _ state: EncodingState,
    into ids: inout [Int]
  ) {
    for section in normalizedFinder.sections(of: text) {
      if let id = section.id {
        ids.append(id)
        continue
      }
      let part = text[section.range]
      state.pieces = Pieces(
        bytes: Array(part), ranges: [0..<part.count],
        isAtStart: isAtStart && section.range.lowerBound == 0, continues: state.continues)
      preTokenizer?.apply(state)
      let pieces = state.pieces
      pieces.bytes.withUnsafeBufferPointer { bytes in
        for range in pieces.ranges {
          model.encode(UnsafeBufferPointer(rebasing: bytes[range]), with: state, into: &ids)
        }
      }
    }
  }

  /// Returns the text of ids. Ids outside the vocabulary are skipped, and broken UTF-8 becomes �.
  public func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool = true) -> String {
    let bytes = bytes(of: ids, skipSpecialTokens: skipSpecialTokens, repairs: true)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func bytes(
    of ids: some Sequence<Int>, skipSpecialTokens: Bool, repairs: Bool
  ) -> [UInt8] {
    var tokens: [[UInt8]] = []
    for id in ids {
      if let added = addedTokens[id] {
        if !(skipSpecialTokens && added.isSpecial) { tokens.append(Array(added.content.utf8)) }
      } else if let spelling = model.spellings[id] {
        tokens.append(Array(spelling))
      }
    }
    guard let decoder else { return Array(tokens.joined(separator: " ".utf8)) }
    return Array(decoder.apply(tokens, repairs: repairs).joined())
  }

  /// Returns the bytes of a token, which may be part of a character.
  ///
  /// - Parameter begins: Whether it is the first token of a text: a decoder may drop the first
  ///   space.
  public func bytes(of id: Int, begins: Bool) -> [UInt8] {
    let once = bytes(of: [id], skipSpecialTokens: false, repairs: false)
    if begins { return once }
    let twice = bytes(of: [id, id], skipSpecialTokens: false, repairs: false)
    return Array(twice.dropFirst(once.count))
  }

  /// Returns the text of a token inside a text: a decoder may drop the first space.
  public func text(of id: Int) -> String {
    let once = decode([id], skipSpecialTokens: false)
    let twice = decode([id, id], skipSpecialTokens: false)
    return String(decoding: twice.utf8.dropFirst(once.utf8.count), as: UTF8.self)
  }

  /// Lends working memory, so that threads do not wait for each other.
  func withState(_ body: (EncodingState) -> Void) {
    let state = states.withLock { UncheckedBox($0.popLast()) }.value ?? EncodingState()
    body(state)
    let box = UncheckedBox(state)
    states.withLock { states in
      states.append(box.value)
    }
  }
}
