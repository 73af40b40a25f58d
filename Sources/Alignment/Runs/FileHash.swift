import Foundation
import Hashing
import PreferenceData

/// SHA-256 hashes of files, which are read in parts.
enum FileHash {
  /// The extensions of the files in a model folder that determine the model's output.
  private static let modelFiles: Set = [
    "json", "safetensors", "jinja", "txt", "model", "bpe", "tiktoken",
  ]

  /// Returns the hash of a file in hexadecimal; nil if it cannot be read.
  static func file(_ path: String) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? handle.close() }
    var hash = SHA256()
    do {
      while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
        hash.update(data: part)
      }
    } catch {
      return nil
    }
    return hash.finalize().hexadecimal
  }

  /// Returns one hash of a model folder's configuration, weights, tokenizer and template with their
  /// names; nil if there are none.
  static func folder(_ url: URL) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let lines = names.sorted().compactMap { name -> String? in
      let file = url.appending(path: name)
      // The origin of a model does not change what it computes.
      guard modelFiles.contains(file.pathExtension), name != ModelLayout.lineageName else {
        return nil
      }
      return Self.file(file.path).map { "\(name) \($0)\n" }
    }
    return lines.isEmpty ? nil : SHA256.hash(data: Data(lines.joined().utf8)).hexadecimal
  }
}
