import Foundation

/// A file that appears under its name only when it is complete and on disk.
package final class AtomicOutput {
  package let path: String
  private let temporaryPath: String
  private var descriptor: Int32

  package init(path: String) throws {
    self.path = path
    temporaryPath = path + ".partial-\(UInt64.random(in: 0...UInt64.max))"
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw LanguageModelError.inaccessible(path) }
  }

  deinit {
    if descriptor >= 0 {
      close(descriptor)
      unlink(temporaryPath)
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      // One call writes at most about 2 GB on Linux.
      let written = Foundation.write(descriptor, part.baseAddress, min(part.count, 1 << 30))
      if written < 0 {
        if errno == EINTR { continue }
        throw LanguageModelError.inaccessible(path)
      }
      rest = rest.dropFirst(written)
    }
  }

  package func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  package func finish() throws {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw LanguageModelError.inaccessible(path)
    }
    close(descriptor)
    descriptor = -1
  }
}
