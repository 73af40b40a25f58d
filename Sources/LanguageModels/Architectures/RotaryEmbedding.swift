import Foundation
import Torch

/// The cosines and sines of all positions (Su et al. 2021): θᵢ = base^(−2i/K).
final class RotaryEmbedding {
  private let cosines: Tensor
  private let sines: Tensor

  init(headSize: Int, base: Double, positions: Int) {
    let half = headSize / 2
    var angles = [Double](repeating: 0, count: positions * half)
    for position in 0..<positions {
      for i in 0..<half {
        angles[position * half + i] =
          Double(position) * pow(base, -2 * Double(i) / Double(headSize))
      }
    }
    let table = Tensor(angles, [positions, half])
    cosines = table.cos().to(.float32)
    sines = table.sin().to(.float32)
  }

  func angles(at positions: Tensor) -> RotaryAngles {
    RotaryAngles(cosines: cosines.selecting(0, positions), sines: sines.selecting(0, positions))
  }
}

/// The angles of the tokens of one batch, fp32 [N, K/2].
struct RotaryAngles {
  let cosines: Tensor
  let sines: Tensor

  /// x [N, H, K].
  func rotate(_ x: Tensor) -> Tensor { x.rotated(cosines: cosines, sines: sines) }
}
