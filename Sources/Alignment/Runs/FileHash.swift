import Crypto
import Foundation
import Foundations
import PreferenceData

/// SHA-256 of files, read piece by piece.
enum FileHash {
  /// What a model folder's files end with when they decide what the model computes.
  private static let modelFiles: Set = [
    "json", "safetensors", "jinja", "txt", "model", "bpe", "tiktoken",
  ]

  /// The hash of a file in hexadecimal; nil when it cannot be read.
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

  /// The hash of a model folder's configuration, weights, tokenizer and template, by their names;
  /// nil when there are none.
  static func folder(_ url: URL) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let lines = names.sorted().compactMap { name -> String? in
      let file = url.appending(path: name)
      // The origin of a model does not change what it computes.
      guard modelFiles.contains(file.pathExtension), name != ModelLayout.lineageName else { return nil }
      return Self.file(file.path).map { "\(name) \($0)\n" }
    }
    return lines.isEmpty ? nil : SHA256.hash(data: Data(lines.joined().utf8)).hexadecimal
  }
}
