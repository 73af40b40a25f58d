extension TokenizerFiles {
  /// Creates the tokenizer of a llama2.c model.
  init(llama2C vocabulary: Llama2CVocabulary) {
    let count = vocabulary.tokens.count
    let kinds = (0..<count).map { id -> ScoredVocabulary.Kind in
      id == 0 ? .unknown : id < 3 ? .control : id < 259 ? .byte : .normal
    }
    let scored = ScoredVocabulary(
      tokens: vocabulary.tokens, scores: vocabulary.scores, kinds: kinds, unknown: 0,
      addsPrefixSpace: true, before: count > 1 ? [1] : [], after: [])
    self.init(
      tokenizer: scored.tokenizerJSON(),
      names: SpecialTokenNames(
        begin: count > 1 ? "<s>" : nil, end: count > 2 ? "</s>" : nil, pad: nil, unknown: "<unk>"),
      chatTemplate: nil, contextLength: nil)
  }
}
