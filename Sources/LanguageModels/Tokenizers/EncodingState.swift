import CPCRE2

/// What one thread needs while it encodes; a tokenizer keeps those that are free.
final class EncodingState {
  var cache = WordCache()
  var symbols: [Int32] = []
  var pieces = Pieces()
  var matches: [Range<Int>] = []
  /// The text goes on where another ended.
  var continues = false
  let matching = MatchingState()
}

/// A text cut into pieces, each to be tokenized on its own.
struct Pieces {
  var bytes: [UInt8] = []
  var ranges: [Range<Int>] = []
  /// The text begins where the whole input begins.
  var isAtStart = false
  /// The input goes on where another ended: nothing is put before its first piece.
  var continues = false
  /// Of each byte, the scalars of the original; empty where nobody asks for offsets.
  var origins: [Range<Int>] = []
}

/// PCRE2's working memory; used by one thread at a time.
final class MatchingState {
  let data: OpaquePointer?
  let context: OpaquePointer?
  private let stack: OpaquePointer?

  init() {
    // One pair of offsets: only whole matches are asked for.
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
