import Foundation

/// The contents of a SentencePiece file, usually named `tokenizer.model` (Kudo and Richardson 2018).
/// The numbers of fields are those of `sentencepiece_model.proto`.
struct SentencePieceModel {
  enum Algorithm: Int {
    case unigram = 1
    case bytePairs, words, characters
  }

  let file: String
  private(set) var tokens: [String] = []
  private(set) var scores: [Double] = []
  private(set) var kinds: [ScoredVocabulary.Kind] = []
  private(set) var algorithm = Algorithm.unigram
  private(set) var hasByteFallback = false
  private(set) var unknown = 0
  private var named = (begin: 1, end: 2, pad: -1)
  /// Compiled replacements of characters; empty if there are none.
  private(set) var characterMap: [UInt8] = []
  private(set) var addsPrefixSpace = true
  private(set) var removesExtraSpaces = true

  /// Returns whether a file can be one: its first field is a piece. A rank file begins with base64.
  static func isLikely(_ file: URL) throws -> Bool {
    try MappedFile(path: file.path).withBytes { $0.first == 0x0A }
  }

  init(file url: URL) throws {
    file = url.path
    let mapped = try MappedFile(path: file)
    try mapped.withBytes { bytes in
      var reader = ProtobufReader(bytes, file: url.path)
      while let (field, value) = try reader.next() {
        switch field {
        case 1: try readPiece(try reader.message(value))
        case 2: try readTrainer(try reader.message(value))
        case 3: try readNormalizer(try reader.message(value))
        case 5: try refuseDenormalizer(try reader.message(value))
        default: break
        }
      }
    }
    guard !tokens.isEmpty, tokens.count < TokenizerReader.maximumID else {
      throw malformed("has \(tokens.count) pieces")
    }
    guard tokens.indices.contains(unknown), kinds[unknown] == .unknown else {
      throw malformed("has no unknown piece")
    }
    guard Set(tokens.map(ExactString.init)).count == tokens.count else {
      throw malformed("has two pieces with the same spelling")
    }
  }

  /// The special tokens; nil for those that the model does not have.
  var names: SpecialTokenNames {
    func name(_ id: Int) -> String? {
      tokens.indices.contains(id) && kinds[id] == .control ? tokens[id] : nil
    }
    return SpecialTokenNames(
      begin: name(named.begin), end: name(named.end), pad: name(named.pad),
      unknown: tokens[unknown])
  }

  private mutating func readPiece(_ message: ProtobufReader) throws {
    var message = message
    var (text, score, kind) = ("", 0.0, ScoredVocabulary.Kind.normal.rawValue)
    while let (field, value) = try message.next() {
      switch field {
      case 1: text = try message.text(value)
      case 2: score = try message.float(value)
      case 3: kind = try message.integer(value)
      default: break
      }
    }
    guard let kind = ScoredVocabulary.Kind(rawValue: kind), score.isFinite, !text.isEmpty else {
      throw malformed("piece \(tokens.count) has no text, an unknown kind or an infinite score")
    }
    tokens.append(text)
    scores.append(score)
    kinds.append(kind)
  }

  private mutating func readTrainer(_ message: ProtobufReader) throws {
    var message = message
    while let (field, value) = try message.next() {
      switch field {
      case 3:
        guard let known = Algorithm(rawValue: try message.integer(value)), known != .words else {
          throw unsupported("is a model of whole words", "unigram, BPE and characters")
        }
        algorithm = known
      case 24:
        if try message.flag(value) {
          throw unsupported("marks the ends of words", "▁ before words")
        }
      case 35: hasByteFallback = try message.flag(value)
      case 40: unknown = try message.integer(value)
      case 41: named.begin = try message.integer(value)
      case 42: named.end = try message.integer(value)
      case 43: named.pad = try message.integer(value)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ProtobufReader) throws {
    var message = message
    while let (field, value) = try message.next() {
      switch field {
      case 2: characterMap = Array(try message.raw(value))
      case 3: addsPrefixSpace = try message.flag(value)
      case 4: removesExtraSpaces = try message.flag(value)
      case 5:
        if try !message.flag(value) { throw unsupported("keeps spaces", "▁ instead of spaces") }
      default: break
      }
    }
  }

  private func refuseDenormalizer(_ message: ProtobufReader) throws {
    var message = message
    while let (field, value) = try message.next() {
      guard field == 2, try !message.raw(value).isEmpty else { continue }
      throw unsupported("rewrites decoded text", "models without a denormalizer")
    }
  }

  private func malformed(_ problem: String) -> LanguageModelError {
    .malformed(file: file, problem: problem, remedy: "Download the file again")
  }

  private func unsupported(_ problem: String, _ supported: String) -> LanguageModelError {
    .unsupported(file: file, problem: problem, remedy: "Supported: \(supported)")
  }
}
