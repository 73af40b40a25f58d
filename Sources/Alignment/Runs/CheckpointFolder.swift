import Foundation
import Hashing
import LanguageModels
import PreferenceData
import Torch

/// The state from which a run continues exactly as if it had not stopped.
package struct Checkpoint {
  /// The completed steps, or rounds for an online method.
  package var step: Int
  /// Trained weights and the optimiser's moments.
  package var tensors: [(name: String, value: Tensor)]
  /// The optimiser's step, the position in the data, random state, and the stage's additions.
  package var state: [String: JSONValue]

  package init(
    step: Int, tensors: [(name: String, value: Tensor)], state: [String: JSONValue]
  ) {
    self.step = step
    self.tensors = tensors
    self.state = state
  }
}

/// The checkpoints of one run. Each appears complete or not at all, with its SHA-256.
package struct CheckpointFolder {
  package let url: URL
  /// The number of checkpoints kept: one to continue from, and one in case it is damaged.
  static let kept = 2

  package init(url: URL) { self.url = url }

  private static let prefix = "step-"
  private static let suffix = ".safetensors"
  private static let stateKey = "plumbline.state"
  private static let hashKey = "plumbline.sha256"

  /// Writes a checkpoint and removes the oldest.
  package func write(_ checkpoint: Checkpoint) throws {
    if let weight = NonFiniteWeight(firstIn: checkpoint.tensors) {
      throw AlignmentError.notFinite(what: "after step \(checkpoint.step), \(weight)")
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let state = CanonicalJSON.text(.object(checkpoint.state))
      var hash = SHA256()
      hash.update(data: Data(state.utf8))
      let entries = checkpoint.tensors.map { name, value in
        value.withBytes { hash.update(data: $0) }
        return SafetensorsWriter.Entry(
          name: name, dataType: TensorDataType(rawValue: value.dataType.rawValue) ?? .float32,
          shape: value.shape)
      }
      let name = "\(Self.prefix)\(String(format: "%08d", checkpoint.step))\(Self.suffix)"
      let writer = try SafetensorsWriter(
        path: url.appending(path: name).path, entries: entries,
        metadata: [Self.stateKey: state, Self.hashKey: hash.finalize().hexadecimal])
      for (_, value) in checkpoint.tensors { try value.withBytes { try writer.append($0) } }
      try writer.finish()
      for old in files().dropFirst(Self.kept) { try FileManager.default.removeItem(at: old) }
    } catch {
      throw AlignmentError.output(path: url.path, reason: "\(error)")
    }
  }

  /// Returns the newest undamaged checkpoint, or nil. Damaged ones are reported to `warn`.
  package func newest(warn: (String) -> Void) -> Checkpoint? {
    for file in files() {
      do {
        return try Self.read(file)
      } catch {
        warn("\(file.path) is damaged (\(error)). Using the checkpoint before it.")
      }
    }
    return nil
  }

  /// Returns the state of the newest readable checkpoint without reading its tensors.
  func newestState() -> [String: JSONValue]? {
    files().lazy.compactMap { file in
      (try? SafetensorsFile(path: file.path))?.metadata[Self.stateKey]
        .flatMap { try? JSONValue(parsing: $0).objectValue }
    }.first
  }

  func removeAll() { try? FileManager.default.removeItem(at: url) }

  /// The checkpoint files, newest first. A file that a crash left incomplete has another name.
  private func files() -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.suffix) }
      .sorted(by: >).map { url.appending(path: $0) }
  }

  private static func read(_ url: URL) throws -> Checkpoint {
    let file = try SafetensorsFile(path: url.path)
    guard let text = file.metadata[stateKey], let expected = file.metadata[hashKey] else {
      throw AlignmentError.badData(file: url.path, problem: "is not a checkpoint.")
    }
    var hash = SHA256()
    hash.update(data: Data(text.utf8))
    var tensors: [(name: String, value: Tensor)] = []
    for description in file.tensors {
      let bytes = file.bytes(of: description)
      hash.update(data: bytes)
      let type = DataType(rawValue: description.dataType.rawValue) ?? .float32
      let tensor = try Tensor.borrowing(bytes, description.shape, type, owner: file.file)
      tensors.append((description.name, tensor.cloned()))
    }
    guard hash.finalize().hexadecimal == expected else {
      throw AlignmentError.badData(file: url.path, problem: "does not match its SHA-256.")
    }
    let state = try JSONValue(parsing: text).objectValue ?? [:]
    guard let step = state["step"]?.intValue else {
      throw AlignmentError.badData(file: url.path, problem: "names no step.")
    }
    return Checkpoint(step: step, tensors: tensors, state: state)
  }
}
