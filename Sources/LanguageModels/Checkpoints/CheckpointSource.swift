import Foundation
import Torch

/// Reads parameter values from a folder's safetensors files. Values are mapped and copied only if
/// they are cast.
public final class CheckpointSource: ParameterSource {
  private let folder: SafetensorsFolder
  private let path: String
  private let dataType: DataType
  private let device: Device
  private let places: CheckpointNames?
  private var used: Set<String> = []

  /// Values are cast to `dataType`. With a configuration, all names are checked before a value is
  /// read.
  public init(
    folder url: URL, as dataType: DataType, on device: Device = .cpu,
    configuration: ModelConfiguration? = nil
  ) throws {
    folder = try SafetensorsFolder(url)
    path = url.path
    let names = folder.names
    places = configuration.map { CheckpointNames($0, stored: names) }
    try places?.check(file: url.path)
    self.dataType = dataType
    self.device = device
  }

  public func releasePages() {
    for file in folder.files { file.file.releasePages() }
  }

  /// Returns the shape of a stored tensor, or nil if the checkpoint does not contain it.
  public func shape(_ name: String) -> [Int]? {
    folder.tensor(named: places?.stored(name) ?? name)?.1.shape
  }

  public func value(_ name: String, shape: [Int]) throws -> Tensor {
    let stored = places?.stored(name) ?? name
    guard let (file, description) = folder.tensor(named: stored) else {
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
    used.insert(stored)
    let mapped = try Tensor.borrowing(
      file.bytes(of: description), shape, type, owner: file.file)
    // A weight that keeps its type stays in the mapped file: its pages are loaded on use.
    return noGradient { mapped.to(dataType).to(device) }
  }

  /// Throws if the checkpoint contains tensors that no parameter used.
  public func checkAllUsed() throws {
    let left = folder.names.filter { !used.contains($0) }
    guard left.isEmpty else {
      throw LanguageModelError.unsupported(
        file: path,
        problem: "has \(left.count) tensors that this architecture does not use: "
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
