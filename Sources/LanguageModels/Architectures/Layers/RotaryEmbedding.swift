import Foundation
import Torch

/// The cosines and sines of positions (Su et al. 2021): θᵢ = base^(−2i/K), scaled for contexts
/// longer than those of pretraining.
final class RotaryEmbedding {
  /// fp64 [K/2].
  private let frequencies: Tensor
  private let amplitude: Double
  private let limit: Int
  private let options: RotaryOptions
  private let headSize: Int
  private var table: RotaryAngles?
  private var rows = 0

  /// - Parameters:
  ///   - headSize: K. The first `options.fraction` of it rotates.
  ///   - positions: The number of positions.
  init(_ options: RotaryOptions, headSize: Int, positions: Int) {
    self.options = options
    self.headSize = headSize
    let frequencies = options.frequencies(headSize: headSize)
    self.frequencies = Tensor(frequencies, [1, frequencies.count])
    amplitude = options.amplitude
    limit = positions
  }

  /// Returns the angles of the tokens of a batch.
  func angles(of batch: TokenBatch) -> RotaryAngles {
    if options.frequencies(headSize: headSize, length: batch.lastPosition + 1) != nil {
      return lengthAngles(of: batch)
    }
    let positions = batch.positions
    let table = table(rows: batch.lastPosition + 1, on: positions.device)
    return RotaryAngles(
      cosines: table.cosines.selecting(0, positions), sines: table.sines.selecting(0, positions))
  }

  /// Returns angles with the frequencies of each text's length. Keys in a cache keep the angles of the
  /// length at which they were computed, as in Transformers.
  private func lengthAngles(of batch: TokenBatch) -> RotaryAngles {
    let plain = options.frequencies(headSize: headSize)
    let rows = zip(batch.lengths, batch.lastPositions).flatMap { count, last in
      let row = options.frequencies(headSize: headSize, length: last + 1) ?? plain
      return repeatElement(row, count: count).joined()
    }
    return noGradient {
      let device = batch.positions.device
      let frequencies = Tensor(rows, [batch.tokenCount, plain.count]).to(device)
      let angles = batch.positions.to(.float64).unsqueezed(1) * frequencies
      return RotaryAngles(
        cosines: (angles.cos() * amplitude).to(.float32),
        sines: (angles.sin() * amplitude).to(.float32))
    }
  }

  /// The table grows on demand: contexts of 131,072 positions are common but rarely used.
  private func table(rows needed: Int, on device: Device) -> RotaryAngles {
    if let table, needed <= rows { return table }
    rows = max(needed, min(limit, max(1024, rows * 2)))
    let grown = noGradient {
      let angles = Tensor.arange(0, rows).to(.float64).unsqueezed(1) * frequencies
      return RotaryAngles(
        cosines: (angles.cos() * amplitude).to(.float32).to(device),
        sines: (angles.sin() * amplitude).to(.float32).to(device))
    }
    table = grown
    return grown
  }
}

/// The angles of the tokens of one batch, fp32 [N, K/2].
struct RotaryAngles {
  let cosines: Tensor
  let sines: Tensor

  /// Rotates x [N, H, K]. If there are fewer angles than K/2, the rest of K is unchanged.
  func rotate(_ x: Tensor) -> Tensor {
    let rotated = 2 * cosines.size(1)
    let width = x.size(2)
    guard rotated < width else { return x.rotated(cosines: cosines, sines: sines) }
    let turned = x.narrowed(2, 0..<rotated).rotated(cosines: cosines, sines: sines)
    return .concatenated([turned, x.narrowed(2, rotated..<width)], 2)
  }
}
