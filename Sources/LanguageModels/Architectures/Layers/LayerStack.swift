import Torch

/// One layer of a stack. Its family decides how attention and feed-forward are connected.
protocol Block: AnyObject {
  var attention: Attention { get }
  var feedForward: any FeedForward { get }
  /// x [N, D] → [N, D].
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor
}

/// The parts that all families share: embeds the tokens, passes them through the blocks, and
/// normalises.
class LayerStack: Architecture {
  private let embed: (TokenBatch, DataType) -> Tensor
  private let blocks: [any Block]
  private let finalNorm: (any Norm)?
  let outputEmbedding: Parameter
  var recomputesBlocks = false

  /// - Parameters:
  ///   - embed: Token ids → [N, D] in the compute type.
  ///   - output: The weight [V, D] that turns hidden states into logits.
  init(
    embed: @escaping (TokenBatch, DataType) -> Tensor, blocks: [any Block], norm: (any Norm)?,
    output: Parameter
  ) {
    self.embed = embed
    self.blocks = blocks
    finalNorm = norm
    outputEmbedding = output
  }

  func hiddenStates(_ pass: ForwardPass, as dataType: DataType) -> Tensor {
    let recomputes = recomputesBlocks && !pass.context.isInference && isRecordingGradients
    let last = blocks.reduce(embed(pass.batch, dataType)) { x, block in
      recomputes ? x.recomputed { block($0, pass) } : block(x, pass)
    }
    return finalNorm?(last) ?? last
  }

  var linearLayers: [Linear] {
    blocks.flatMap { $0.attention.linearLayers + $0.feedForward.linearLayers }
  }

  func pack(rows: Int, as dataType: DataType, afterBlock: () -> Void) {
    for block in blocks {
      block.attention.pack(rows: rows, as: dataType)
      block.feedForward.pack(rows: rows, as: dataType)
      afterBlock()
    }
  }

  func unpack() {
    for block in blocks {
      block.attention.unpack()
      block.feedForward.unpack()
    }
  }
}
