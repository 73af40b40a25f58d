import LanguageModels
import Testing
import Torch

@Suite("Weights that are not finite")
struct NonFiniteWeightTests {
  @Test("The first bad weight is named with how many of its values are bad")
  func names() {
    let tensors: [(name: String, value: Tensor)] = [
      ("a", Tensor([Float(1), 2])), ("b", Tensor([Float.nan, 1, .infinity, -.infinity], [2, 2])),
      ("c", Tensor([Float.nan])),
    ]
    let found = NonFiniteWeight(firstIn: tensors)
    #expect(found?.name == "b" && found?.count == 3 && found?.total == 4)
    #expect(
      found?.description
        == "the weight “b” has 3 of 4 values that are not finite (NaN or infinite)")
  }

  @Test(
    "Finite weights pass, even where their sum overflows",
    arguments: [DataType.float32, .float16])
  func finite(type: DataType) {
    let largest: Float = type == .float16 ? 65504 : .greatestFiniteMagnitude
    let value = Tensor([largest, largest, largest]).to(type)
    #expect(NonFiniteWeight(firstIn: [("a", value)]) == nil)
    #expect(NonFiniteWeight(firstIn: [(name: String, value: Tensor)]()) == nil)
  }

  @Test("Half-precision weights are read too", arguments: [DataType.float16, .bfloat16])
  func half(type: DataType) {
    let value = Tensor([Float(1), .nan]).to(type)
    #expect(NonFiniteWeight(firstIn: [("a", value)])?.count == 1)
  }
}
