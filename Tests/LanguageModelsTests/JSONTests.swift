import Foundation
import Foundations
import LanguageModels
import Testing

@Suite("JSON of models and requests")
struct JSONTests {
  private func fault(_ text: String, maximumDepth: Int = JSON.maximumDepth) throws
    -> JSONSyntaxError
  {
    try #require(throws: JSONSyntaxError.self) {
      try Array(text.utf8).withUnsafeBytes {
        _ = try JSON(parsing: $0, maximumDepth: maximumDepth)
      }
    }
  }

  @Test(
    "A fault is named by its place",
    arguments: [
      (#"{"a":[1,{"b":"\ud800"}]}"#, ["a", "1", "b"], "half a surrogate pair in a text"),
      (#"{"a":{"b":1e400}}"#, ["a", "b"], "a number is too large"),
      (#"{"a":1,"a":2}"#, [], #"the key "a" occurs twice"#),
      ("[[nul]]", ["0", "0"], "expected a value"),
    ])
  func place(text: String, path: [String], problem: String) throws {
    let error = try fault(text)
    #expect(error.path == path && error.problem == problem)
  }

  @Test("Depth is bounded, and a million brackets are refused where the bound is passed")
  func depth() throws {
    let error = try fault(String(repeating: "[", count: 1_000_000), maximumDepth: 32)
    #expect(error.problem == "values nested more than 32 deep" && error.offset == 32)
    let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(
      try Array(deepest.utf8).withUnsafeBytes { try JSON(parsing: $0, maximumDepth: 32) }.array
        != nil)
  }
}
