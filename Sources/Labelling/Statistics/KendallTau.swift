/// Measures how far two gradings order the same items alike.
public enum KendallTau {
  /// Returns Kendall's tau-b (1945), or nil when one grading is constant.
  public static func b(_ left: [Double], _ right: [Double]) -> Double? {
    precondition(left.count == right.count, "Both gradings must cover the same items")
    var concordance = 0
    var leftOrdered = 0
    var rightOrdered = 0
    for first in left.indices {
      for second in left.indices.dropFirst(first + 1) {
        let leftSign = (left[first] - left[second]).direction
        let rightSign = (right[first] - right[second]).direction
        concordance += leftSign * rightSign
        leftOrdered += abs(leftSign)
        rightOrdered += abs(rightSign)
      }
    }
    guard leftOrdered > 0, rightOrdered > 0 else { return nil }
    return Double(concordance) / (Double(leftOrdered) * Double(rightOrdered)).squareRoot()
  }

  // Over the answers that both place.
  static func b(_ left: PlacedPrompt.Entry, _ right: PlacedPrompt.Entry) -> Double? {
    var grades: (left: [Double], right: [Double]) = ([], [])
    for case (let first?, let second?) in zip(left.places, right.places) {
      grades.left.append(Double(first))
      grades.right.append(Double(second))
    }
    return b(grades.left, grades.right)
  }
}

extension Double {
  fileprivate var direction: Int { self > 0 ? 1 : self < 0 ? -1 : 0 }
}
