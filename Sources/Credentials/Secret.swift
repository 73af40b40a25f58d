import Crypto
import Foundation
import PreferenceData

/// A random word that proves something: only its hash is stored.
package struct Secret: Sendable {
  package let word: String

  package init(bytes: [UInt8]) {
    word = Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  package init(word: String) {
    self.word = word
  }

  package var hash: String {
    SHA256.hash(data: Array(word.utf8)).hexadecimal
  }
}
