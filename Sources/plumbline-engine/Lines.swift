import Foundation
import LanguageModels
import PreferenceData

/// An input line that is not valid.
struct LineFailure: Error, CustomStringConvertible {
  let file: String
  let line: Int
  let problem: String
  var description: String { "\(file), line \(line): \(problem)" }
}

/// Reading and writing of lines. `-` names the standard streams.
enum Lines {
  /// Calls `body` with every line that is not empty.
  static func forEach(of path: String, _ body: (Data, _ number: Int) throws -> Void) throws {
    let handle: FileHandle
    if path == "-" {
      handle = .standardInput
    } else {
      guard let file = FileHandle(forReadingAtPath: path) else {
        throw LanguageModelError.inaccessible(path: path, reason: "cannot be read")
      }
      handle = file
    }
    let name = path == "-" ? "standard input" : path
    var splitter = LineSplitter()
    func take(_ line: LineSplitter.Line) throws {
      switch line.bytes {
      case .success(let bytes):
        if !bytes.isEmpty { try body(Data(bytes), line.number) }
      case .failure(let problem):
        throw LineFailure(file: name, line: line.number, problem: "\(problem)")
      }
    }
    while let chunk = try handle.read(upToCount: 1 << 18), !chunk.isEmpty {
      try splitter.feed(chunk, take)
    }
    try splitter.finish(take)
  }

  /// A buffered file for lines.
  final class Output {
    private let handle: FileHandle
    private var pending = Data()

    init(path: String) throws {
      if path == "-" {
        handle = .standardOutput
        return
      }
      guard FileManager.default.createFile(atPath: path, contents: nil),
        let file = FileHandle(forWritingAtPath: path)
      else { throw LanguageModelError.inaccessible(path: path, reason: "cannot be written to") }
      handle = file
    }

    func write(_ line: some Sequence<UInt8>) throws {
      pending.append(contentsOf: line)
      pending.append(UInt8(ascii: "\n"))
      if pending.count > 1 << 18 { try flush() }
    }

    func flush() throws {
      try handle.write(contentsOf: pending)
      pending.removeAll(keepingCapacity: true)
    }
  }
}
