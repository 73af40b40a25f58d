/// A symmetric matrix, stored row by row, that is small enough for Cholesky's method.
struct SymmetricMatrix: Sendable, Hashable {
  let size: Int
  private(set) var values: [Double]

  init(size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size * size)
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  /// Returns the inverse; nil unless the matrix is positive definite.
  func inverse() -> SymmetricMatrix? {
    guard let factor = cholesky() else { return nil }
    var inverse = SymmetricMatrix(size: size)
    for column in 0..<size {
      var unit = [Double](repeating: 0, count: size)
      unit[column] = 1
      let solution = factor.solve(unit)
      for row in 0..<size { inverse[row, column] = solution[row] }
    }
    return inverse
  }

  func times(_ vector: [Double]) -> [Double] {
    (0..<size).map { row in
      var sum = 0.0
      for column in 0..<size { sum += values[row * size + column] * vector[column] }
      return sum
    }
  }

  func times(_ other: SymmetricMatrix) -> SymmetricMatrix {
    var product = SymmetricMatrix(size: size)
    for row in 0..<size {
      for inner in 0..<size {
        let factor = self[row, inner]
        guard factor != 0 else { continue }
        for column in 0..<size { product[row, column] += factor * other[inner, column] }
      }
    }
    return product
  }

  /// Returns vᵀ M v. If M is a covariance, this is the variance of a sum with the weights v.
  func quadratic(_ vector: [Double]) -> Double {
    zip(vector, times(vector)).reduce(0) { $0 + $1.0 * $1.1 }
  }

  // Returns the lower factor L of M = L Lᵀ, or nil unless M is positive definite.
  private func cholesky() -> SymmetricMatrix? {
    var factor = SymmetricMatrix(size: size)
    for row in 0..<size {
      for column in 0...row {
        var sum = self[row, column]
        for inner in 0..<column { sum -= factor[row, inner] * factor[column, inner] }
        if row == column {
          guard sum > 1e-12, sum.isFinite else { return nil }
          factor[row, row] = sum.squareRoot()
        } else {
          factor[row, column] = sum / factor[column, column]
        }
      }
    }
    return factor
  }

  // Returns the solution x of L Lᵀ x = b. This matrix is L.
  private func solve(_ right: [Double]) -> [Double] {
    var solution = right
    for row in 0..<size {
      for column in 0..<row { solution[row] -= self[row, column] * solution[column] }
      solution[row] /= self[row, row]
    }
    for row in stride(from: size - 1, through: 0, by: -1) {
      for column in (row + 1)..<max(size, row + 1) {
        solution[row] -= self[column, row] * solution[column]
      }
      solution[row] /= self[row, row]
    }
    return solution
  }
}
