/// The order of the rows of query and key projections.
enum RotaryOrder {
  /// Reorders interleaved pairs (rows 2i and 2i+1 of a head rotate together: GGUF, llama2.c) into
  /// halves (rows i and i+width/2: Transformers).
  ///
  /// - Parameter rows: `[heads × headWidth, columns]`, row-major.
  static func halves(fromInterleaved rows: [Float], heads: Int, headWidth: Int) -> [Float] {
    reordered(rows, heads: heads, headWidth: headWidth, intoHalves: true)
  }

  /// Reorders halves into interleaved pairs.
  static func interleaved(fromHalves rows: [Float], heads: Int, headWidth: Int) -> [Float] {
    reordered(rows, heads: heads, headWidth: headWidth, intoHalves: false)
  }

  private static func reordered(
    _ rows: [Float], heads: Int, headWidth: Int, intoHalves: Bool
  ) -> [Float] {
    let columns = rows.count / (heads * headWidth)
    let half = headWidth / 2
    return [Float](unsafeUninitializedCapacity: rows.count) { target, count in
      rows.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for head in 0..<heads {
          for pair in 0..<half {
            for part in 0..<2 {
              let inPairs = head * headWidth + 2 * pair + part
              let inHalves = head * headWidth + part * half + pair
              let (sourceRow, targetRow) = intoHalves ? (inPairs, inHalves) : (inHalves, inPairs)
              (to + targetRow * columns).update(from: from + sourceRow * columns, count: columns)
            }
          }
        }
      }
      count = rows.count
    }
  }
}
