import Foundation

/// The files of a model that was split, as `gguf-split` names them: `model-00001-of-00003.gguf`.
struct GGUFParts {
  /// In order.
  let paths: [String]
  private let tensorCount: Int?

  /// Returns nil if the file is not a part. Throws if another part is missing.
  init?(of file: GGUFFile) throws {
    let path = file.file.path
    guard let count = file.metadata["split.count"]?.integer, count > 1 else { return nil }
    guard (2...99_999).contains(count) else {
      throw Self.malformed(path, "is one of \(count) parts, which is not possible")
    }
    let suffix = "-of-\(Self.digits(count)).gguf"
    guard path.hasSuffix(suffix), path.count > suffix.count + 6 else {
      throw LanguageModelError.unsupported(
        file: path, problem: "is one of \(count) parts of a model",
        remedy: "Name the parts as they were published: …-00001\(suffix)")
    }
    let beginning = path.dropLast(suffix.count + 5)
    paths = (1...count).map { beginning + Self.digits($0) + suffix }
    tensorCount = file.metadata["split.tensors.count"]?.integer
    for part in paths where !FileManager.default.fileExists(atPath: part) {
      throw LanguageModelError.inaccessible(
        path: part,
        reason: "does not exist. The model has \(count) parts; put all of them into one folder")
    }
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }

  /// Throws if the parts do not belong together.
  func check(_ files: [GGUFFile], _ tensors: [GGUFTensor]) throws {
    for (place, file) in files.enumerated() {
      guard file.metadata["split.count"]?.integer == paths.count,
        file.metadata["split.no"]?.integer == place
      else {
        throw Self.malformed(file.file.path, "is not part \(place + 1) of \(paths.count)")
      }
    }
    guard tensorCount.map({ $0 == tensors.count }) ?? true,
      Set(tensors.map(\.name)).count == tensors.count
    else {
      throw Self.malformed(paths[0], "and the files beside it are parts of different models")
    }
  }

  private static func malformed(_ path: String, _ problem: String) -> LanguageModelError {
    .malformed(file: path, problem: problem, remedy: "Download all parts again")
  }
}
