import Foundation

/// Recognises files and folders that are not model folders.
enum ModelPath {
  /// Throws with the way out if a path is a file, or a folder that contains something else.
  static func checkIsFolder(_ folder: URL) throws {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
      throw LanguageModelError.inaccessible(path: folder.path, reason: "does not exist")
    }
    guard isFolder.boolValue else { throw try refusal(ofFile: folder) }
    guard !files.fileExists(atPath: folder.appending(path: "config.json").path) else { return }
    if files.fileExists(atPath: folder.appending(path: "adapter_config.json").path) {
      throw LanguageModelError.unsupported(
        file: folder.path, problem: "contains an adapter, which needs its base model",
        remedy: "Merge it into its base model with PEFT's merge_and_unload, and use the result")
    }
    let names = (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
    if let name = names.sorted().first(where: { $0.hasSuffix(".gguf") }) {
      throw LanguageModelError.unsupported(
        file: folder.path, problem: "contains a GGUF file and no config.json",
        remedy: conversion(folder.appending(path: name)))
    }
  }

  private static func refusal(ofFile file: URL) throws -> LanguageModelError {
    let beginning = try MappedFile(path: file.path).withBytes { Array($0.prefix(4)) }
    if beginning.elementsEqual("GGUF".utf8) || file.pathExtension == "gguf" {
      return .unsupported(
        file: file.path, problem: "is a GGUF file, and models are read from folders",
        remedy: conversion(file))
    }
    return .unsupported(
      file: file.path, problem: "is a file, and models are read from folders",
      remedy: "Give the folder that contains config.json")
  }

  private static func conversion(_ file: URL) -> String {
    let name = file.deletingPathExtension().lastPathComponent
    return "Convert it first: plumbline-engine convert \(quoted(file.path)) \(quoted(name))"
  }

  /// Quotes a path for a shell if necessary.
  private static func quoted(_ path: String) -> String {
    let isPlain = path.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0))
    }
    return isPlain ? path : "'" + path.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
  }
}
