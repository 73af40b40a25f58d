import CPCRE2

/// The working memory of one thread while it encodes. A tokenizer keeps unused ones.
final class EncodingState {
  var cache = WordCache()
  var symbols: [Int32] = []
  var pieces = Pieces()
  var matches: [Range<Int>] = []
  /// Whether the text continues another.
  var continues = false
  let matching = MatchingState()
}

/// A text split into pieces that are tokenized separately.
struct Pieces {
  var bytes: [UInt8] = []
  var ranges: [Range<Int>] = []
  /// Whether the text begins at the beginning of the input.
  var isAtStart = false
  /// Whether the input continues another, so that nothing is inserted before its first piece.
  var continues = false
  /// For each byte, the scalars of the original; empty if no offsets are needed.
  var origins: [Range<Int>] = []
}

/// PCRE2's working memory; used by one thread at a time.
final class MatchingState {
  let data: OpaquePointer?
  let context: OpaquePointer?
  private let stack: OpaquePointer?

  init() {
    // One pair of offsets, because only whole matches are needed.
    data = pcre2_match_data_create_8(1, nil)
    context = pcre2_match_context_create_8(nil)
    stack = pcre2_jit_stack_create_8(32 * 1024, 16 * 1024 * 1024, nil)
    pcre2_jit_stack_assign_8(context, nil, stack.map(UnsafeMutableRawPointer.init))
  }

  deinit {
    pcre2_match_data_free_8(data)
    pcre2_match_context_free_8(context)
    pcre2_jit_stack_free_8(stack)
  }
}
