import CPCRE2

/// A compiled regular expression over UTF-8, with the character classes of `tokenizer.json`.
final class RegularExpression: @unchecked Sendable {
  let pattern: String
  // The compiled code is never written after `init`, so threads may share it.
  private let code: OpaquePointer

  /// A fault in a pattern, in words.
  struct SyntaxError: Error {
    let problem: String
  }

  init(_ pattern: String) throws {
    self.pattern = pattern
    var errorCode: Int32 = 0
    var errorOffset = 0
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK
    let translated = Array(Self.translate(pattern).utf8)
    let code = translated.withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &errorCode, &errorOffset, nil)
    }
    guard let code else {
      var message = [UInt8](repeating: 0, count: 256)
      let length = message.withUnsafeMutableBufferPointer {
        pcre2_get_error_message_8(errorCode, $0.baseAddress, $0.count)
      }
      let text = String(decoding: message.prefix(Int(max(0, length))), as: UTF8.self)
      throw SyntaxError(problem: "\(text) at byte \(errorOffset)")
    }
    self.code = code
    // Without a JIT compiler for this machine, the interpreter finds the same matches more slowly.
    pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE)
  }

  deinit { pcre2_code_free_8(code) }

  /// Appends the ranges of all matches, left to right. Empty matches are skipped.
  func findMatches(
    in text: UnsafeBufferPointer<UInt8>, with state: MatchingState, into matches: inout [Range<Int>]
  ) {
    if let standIns = NewerCharacters.standIns(for: text) {
      standIns.withUnsafeBufferPointer { match($0, with: state, into: &matches) }
    } else {
      match(text, with: state, into: &matches)
    }
  }

  private func match(
    _ text: UnsafeBufferPointer<UInt8>, with state: MatchingState, into matches: inout [Range<Int>]
  ) {
    guard let ovector = pcre2_get_ovector_pointer_8(state.data) else { return }
    var start = 0
    while start < text.count {
      var status = pcre2_match_8(
        code, text.baseAddress, text.count, start, PCRE2_NO_UTF_CHECK, state.data, state.context)
      if status == PCRE2_ERROR_JIT_STACKLIMIT {
        status = pcre2_match_8(
          code, text.baseAddress, text.count, start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, state.data,
          state.context)
      }
      guard status >= 0 else { return }
      let end = ovector[1]
      if end > ovector[0] {
        matches.append(ovector[0]..<end)
        start = end
      } else {
        start = end < text.count ? end + utf8Length(text[end]) : text.count
      }
    }
  }

  /// Assigns `\s` and `\w` the meaning that they have in Oniguruma: PCRE2 counts U+180E as a space
  /// and does not count marks as word characters.
  static func translate(_ pattern: String) -> String {
    var result = ""
    var isEscaped = false
    var depth = 0
    for character in pattern.unicodeScalars {
      if isEscaped {
        isEscaped = false
        switch character {
        case "s": result += #"\p{wspace}"#
        case "S": result += #"\P{wspace}"#
        case "w":
          let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"#
          result += depth > 0 ? word : "[\(word)]"
        case "d": result += #"\p{Nd}"#
        case "D": result += #"\P{Nd}"#
        default:
          result += "\\"
          result.unicodeScalars.append(character)
        }
        continue
      }
      switch character {
      case "\\":
        isEscaped = true
        continue
      case "[": depth += 1
      case "]": depth = max(0, depth - 1)
      default: break
      }
      result.unicodeScalars.append(character)
    }
    return result + (isEscaped ? "\\" : "")
  }
}
