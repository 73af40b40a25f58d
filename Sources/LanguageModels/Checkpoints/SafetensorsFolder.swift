import Foundation
import Foundations

/// The weights of a Hugging Face folder: one `model.safetensors`, or shards with an index.
public struct SafetensorsFolder: Sendable {
  public let files: [SafetensorsFile]
  private let places: [String: Int]

  public init(_ folder: URL) throws {
    let single = folder.appending(path: "model.safetensors")
    let index = folder.appending(path: "model.safetensors.index.json")
    if FileManager.default.fileExists(atPath: single.path) {
      let file = try SafetensorsFile(path: single.path)
      files = [file]
      places = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, 0) })
    } else if FileManager.default.fileExists(atPath: index.path) {
      (files, places) = try Self.shards(index: index, folder: folder)
    } else {
      try Self.refusePickles(in: folder)
      throw LanguageModelError.inaccessible(
        path: folder.path,
        reason: "has neither model.safetensors nor model.safetensors.index.json")
    }
  }

  /// The names of all tensors.
  public var names: [String] { files.flatMap { $0.tensors.map(\.name) } }

  /// Returns a tensor and the file that contains it, or nil.
  public func tensor(named name: String) -> (file: SafetensorsFile, tensor: TensorDescription)? {
    guard let place = places[name], let tensor = files[place].tensor(named: name) else {
      return nil
    }
    return (files[place], tensor)
  }

  private static func shards(
    index: URL, folder: URL
  ) throws -> ([SafetensorsFile], [String: Int]) {
    func malformed(_ problem: String) -> LanguageModelError {
      .malformed(file: index.path, problem: problem, remedy: SafetensorsFile.remedy)
    }
    guard let map = try JSON(file: index)["weight_map"]?.members else {
      throw malformed("has no object weight_map")
    }
    var files: [SafetensorsFile] = []
    var opened: [String: Int] = [:]
    var places: [String: Int] = [:]
    for (name, value) in map {
      guard let shard = value.string, !shard.contains("/"), shard.hasSuffix(".safetensors") else {
        throw malformed("tensor \(name) does not name a .safetensors file of this folder")
      }
      if opened[shard] == nil {
        opened[shard] = files.count
        files.append(try SafetensorsFile(path: folder.appending(path: shard).path))
      }
      guard let place = opened[shard], files[place].tensor(named: name) != nil else {
        throw malformed("tensor \(name) is not in \(shard)")
      }
      places[name] = place
    }
    for (place, file) in files.enumerated() {
      for tensor in file.tensors where places[tensor.name] != place {
        throw malformed("tensor \(tensor.name) of \(file.file.path) is not in the index")
      }
    }
    return (files, places)
  }

  /// Throws for PyTorch's own files: unpickling runs code from the file.
  static func refusePickles(in folder: URL) throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names.sorted() where isPickle(name) {
      throw pickleRefusal(folder.appending(path: name).path)
    }
  }

  static func isPickle(_ name: String) -> Bool {
    [".pt", ".pth", ".pkl", ".ckpt"].contains { name.hasSuffix($0) }
      || (name.hasPrefix("pytorch_model") && name.hasSuffix(".bin"))
  }

  static func pickleRefusal(_ path: String) -> LanguageModelError {
    .unsupported(
      file: path, problem: "is a PyTorch pickle, and reading one can run code from the file",
      remedy: "Save the model as safetensors: model.save_pretrained(folder) in Transformers")
  }
}

extension JSON {
  /// Reads a JSON file.
  package init(file: URL) throws {
    self = try Self.read(file) { try JSON(parsing: $0) }
  }

  /// Returns one member of the object in a file, or nil. The text after the member is not read.
  static func member(_ name: String, ofFile file: URL) throws -> JSON? {
    try read(file) { try JSON.member(name, parsing: $0) }
  }

  private static func read<Value>(
    _ file: URL, _ parse: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value {
    let mapped = try MappedFile(path: file.path)
    guard mapped.bytes.count <= 1 << 29 else {
      throw LanguageModelError.malformed(
        file: file.path, problem: "is a JSON file of \(mapped.bytes.count) bytes",
        remedy: "At most 512 MB are read")
    }
    do {
      return try mapped.withBytes(parse)
    } catch let error as JSONSyntaxError {
      throw LanguageModelError.malformed(
        file: file.path, problem: "is not valid JSON: \(error)",
        remedy: SafetensorsFile.remedy)
    }
  }
}
