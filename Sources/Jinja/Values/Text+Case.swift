extension Text {
  var uppercased: Text {
    with(scalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) })
  }

  var lowercased: Text {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(count)
    for place in scalars.indices { result += lowercase(at: place) }
    return with(result)
  }

  /// Every word starts with a title-case letter; a word is a run of letters.
  var titlecased: Text {
    var result: [Unicode.Scalar] = []
    var isInside = false
    for place in scalars.indices {
      let scalar = scalars[place]
      if isInside {
        result += lowercase(at: place)
      } else {
        result += scalar.properties.titlecaseMapping.unicodeScalars
      }
      isInside = scalar.properties.isCased
    }
    return with(result)
  }

  var capitalized: Text {
    guard let first = scalars.first else { return self }
    var result = Array(first.properties.titlecaseMapping.unicodeScalars)
    for place in scalars.indices.dropFirst() { result += lowercase(at: place) }
    return with(result)
  }

  var swappedCase: Text {
    var result: [Unicode.Scalar] = []
    for place in scalars.indices {
      let properties = scalars[place].properties
      if properties.isUppercase {
        result += lowercase(at: place)
      } else if properties.isLowercase {
        result += properties.uppercaseMapping.unicodeScalars
      } else {
        result.append(scalars[place])
      }
    }
    return with(result)
  }

  /// A sigma that ends a word has its own form (Unicode 15, section 3.13, Final_Sigma).
  private func lowercase(at place: Int) -> [Unicode.Scalar] {
    let scalar = scalars[place]
    guard scalar == "\u{3A3}" else {
      return Array(scalar.properties.lowercaseMapping.unicodeScalars)
    }
    func isIgnorable(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isCaseIgnorable }
    let before = scalars[..<place].last { !isIgnorable($0) }
    let after = scalars[(place + 1)...].first { !isIgnorable($0) }
    let ends = before?.properties.isCased ?? false && !(after?.properties.isCased ?? false)
    return [ends ? "\u{3C2}" : "\u{3C3}"]
  }

  // MARK: - Tests

  var isLower: Bool {
    scalars.contains { $0.properties.isLowercase }
      && !scalars.contains { $0.properties.isUppercase || $0.isTitlecase }
  }

  var isUpper: Bool {
    scalars.contains { $0.properties.isUppercase }
      && !scalars.contains { $0.properties.isLowercase || $0.isTitlecase }
  }

  var isTitle: Bool {
    var isInside = false
    var hasWord = false
    for scalar in scalars {
      if scalar.properties.isUppercase || scalar.isTitlecase {
        if isInside { return false }
        isInside = true
        hasWord = true
      } else if scalar.properties.isLowercase {
        if !isInside { return false }
        hasWord = true
      } else {
        isInside = false
      }
    }
    return hasWord
  }

  func all(_ predicate: (Unicode.Scalar) -> Bool) -> Bool {
    !isEmpty && scalars.allSatisfy(predicate)
  }

  var isIdentifier: Bool {
    guard let first = scalars.first else { return false }
    return (first == "_" || first.properties.isXIDStart)
      && scalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
  }
}

extension Unicode.Scalar {
  var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }

  var isAlphabetic: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  var isDecimalDigit: Bool { properties.numericType == .decimal }
  var isDigit: Bool { isDecimalDigit || properties.numericType == .digit }
  var isNumeric: Bool { properties.numericType != nil }
  var isAlphanumeric: Bool { isAlphabetic || isNumeric }

  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}
