/// A token with its position in the text.
public struct TokenPlace: Sendable, Hashable {
  public let id: Int
  /// Unicode scalars of the text, as Python counts characters; empty for added tokens.
  public var characters: Range<Int>
}

/// How a post-processor excludes white space at the ends of a token from its offsets.
struct OffsetTrimming: Sendable {
  /// Whether the pre-tokenizer inserted a space before the text.
  var addsPrefixSpace: Bool
}

extension Tokenizer {
  /// Returns the ids of `encode`, each with its position in the text. Slower than `encode`.
  ///
  /// - Parameter addSpecialTokens: Whether the post-processor adds special tokens such as `<s>`.
  public func encodeWithOffsets(_ text: String, addSpecialTokens: Bool = true) -> [TokenPlace] {
    var text = text
    var places: [TokenPlace] = []
    withState { state in
      state.continues = false
      text.withUTF8 { bytes in
        var start = 0
        for section in rawFinder.sections(of: bytes) {
          let part = UnsafeBufferPointer(rebasing: bytes[section.range])
          let end = start + characterCount(part)
          if let id = section.id {
            places.append(TokenPlace(id: id, characters: start..<end))
          } else {
            let aligned = AlignedText(part, start: start)
            place(normalizer?.apply(aligned, continues: false) ?? aligned, state, into: &places)
          }
          start = end
        }
      }
    }
    if let trimming { trim(&places, trimming) }
    guard addSpecialTokens else { return places }
    func added(_ id: Int) -> TokenPlace { TokenPlace(id: id, characters: 0..<0) }
    return prefix.map(added) + places + suffix.map(added)
  }

  /// Appends the tokens of a normalized text.
  private func place(
    _ text: AlignedText, _ state: EncodingState, into places: inout [TokenPlace]
  ) {
    let sections = text.bytes.withUnsafeBufferPointer { normalizedFinder.sections(of: $0) }
    for section in sections {
      let part = text.slice(section.range)
      if let id = section.id {
        places.append(TokenPlace(id: id, characters: part.origins.characters))
        continue
      }
      state.pieces = Pieces(
        bytes: part.bytes, ranges: [part.bytes.indices],
        isAtStart: text.start == 0 && section.range.lowerBound == 0, origins: part.origins)
      preTokenizer?.apply(state)
      let pieces = state.pieces
      pieces.bytes.withUnsafeBufferPointer { bytes in
        for range in pieces.ranges where !range.isEmpty {
          let word = UnsafeBufferPointer(rebasing: bytes[range])
          let origins = pieces.origins[range]
          places += model.placed(word, with: state).map { id, span in
            let first = range.lowerBound + span.lowerBound
            return TokenPlace(id: id, characters: origins[first..<(first + span.count)].characters)
          }
        }
      }
    }
  }

  private func trim(_ places: inout [TokenPlace], _ trimming: OffsetTrimming) {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar == ByteAlphabet.scalars[0x20] || scalar.properties.isWhitespace
    }
    for (index, place) in places.enumerated() {
      let spelling = (token(of: place.id) ?? "").unicodeScalars
      var leading = spelling.prefix(while: isSpace).count
      let trailing = spelling.reversed().prefix(while: isSpace).count
      var (start, end) = (place.characters.lowerBound, place.characters.upperBound)
      // A single space at the beginning is the inserted one.
      if leading == 1, trimming.addsPrefixSpace, index == 0 || start == 0 { leading = 0 }
      start = min(start + leading, end)
      if end >= trailing { end = max(end - trailing, start) }
      places[index].characters = start..<end
    }
  }
}

extension RandomAccessCollection<Range<Int>> {
  /// The range from the beginning of the first to the end of the last.
  fileprivate var characters: Range<Int> {
    guard let first, let last else { return 0..<0 }
    return first.lowerBound..<Swift.max(first.lowerBound, last.upperBound)
  }
}
