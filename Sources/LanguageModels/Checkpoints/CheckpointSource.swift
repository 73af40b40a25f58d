import Foundation
import Torch

/// Values of parameters out of a folder's safetensors files, mapped and not copied until cast.
public final class CheckpointSource: ParameterSource {
  private let folder: SafetensorsFolder
  private let path: String
  private let dataType: DataType
  private let device: Device
  private var used: Set<String> = []

  /// Values are cast to `dataType`.
  public init(folder url: URL, as dataType: DataType, on device: Device = .cpu) throws {
    folder = try SafetensorsFolder(url)
    path = url.path
    self.dataType = dataType
    self.device = device
  }

  public func value(_ name: String, shape: [Int]) throws -> Tensor {
    guard let (file, description) = folder.tensor(named: name) else {
      let near = folder.names.prefix(6).joined(separator: ", ")
      throw LanguageModelError.malformed(
        file: path, problem: "has no tensor \(name) (it has \(near), …)",
        remedy: "Check that config.json belongs to these weights")
    }
    guard description.shape == shape else {
      throw LanguageModelError.malformed(
        file: path, problem: "tensor \(name) is \(description.shape), not \(shape)",
        remedy: "Check that config.json belongs to these weights")
    }
    guard let type = DataType(rawValue: description.dataType.rawValue) else {
      throw LanguageModelError.unsupported(
        file: path, problem: "tensor \(name) is stored as \(description.dataType.rawValue)",
        remedy: "Convert the weights to F32, F16 or BF16")
    }
    used.insert(name)
    let mapped = try Tensor.borrowing(
      file.bytes(of: description), shape, type, owner: file.file)
    // A weight that keeps its type stays in the mapped file: pages come in as they are used.
    return noGradient { mapped.to(dataType).to(device) }
  }

  /// Throws when the checkpoint holds tensors that no parameter took.
  public func checkAllUsed(ignoring ignored: (String) -> Bool = { _ in false }) throws {
    let left = folder.names.filter { !used.contains($0) && !ignored($0) }
    guard left.isEmpty else {
      throw LanguageModelError.unsupported(
        file: path,
        problem: "has \(left.count) tensors that this architecture does not know: "
          + left.prefix(6).joined(separator: ", "),
        remedy: "Check that config.json names the architecture of these weights")
    }
  }

  /// The number of elements of all tensors.
  public var elementCount: Int {
    folder.files.reduce(0) { sum, file in
      sum + file.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
  }
}
