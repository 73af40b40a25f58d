import Foundation

/// A file mapped read-only into memory; pages are read when they are touched.
///
/// The file must not be truncated while it is mapped: checkpoints are replaced by renaming.
public final class MappedFile: Sendable {
  public let path: String
  /// The whole file; valid as long as this object lives.
  public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  public init(path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw LanguageModelError.inaccessible(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw LanguageModelError.inaccessible(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw LanguageModelError.inaccessible(path: path, reason: "is not a file")
    }
    self.path = path
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw LanguageModelError.inaccessible(path) }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
    try checkIsDownloaded()
  }

  /// Throws where a download left something else under the file's name.
  private func checkIsDownloaded() throws {
    let beginning = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased()
    if beginning.hasPrefix("version https://git-lfs") {
      throw LanguageModelError.malformed(
        file: path, problem: "is a pointer of Git LFS and not the file itself",
        remedy: "Run git lfs pull in its repository, or download the file")
    }
    let text = beginning.drop(while: \.isWhitespace)
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      throw LanguageModelError.malformed(
        file: path, problem: "is a web page, as a download without permission leaves it",
        remedy: "Sign in where the model is, and download the file again")
    }
  }

  /// Keeps the mapping alive while `body` reads it.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// Gives the file's pages back to the system: they are read again when they are touched. Nothing
  /// is lost, since nothing can have been written to them.
  public func releasePages() {
    guard let start = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, Int32(MADV_DONTNEED))
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

extension LanguageModelError {
  /// The last failed system call, in words.
  static func inaccessible(_ path: String) -> LanguageModelError {
    .inaccessible(path: path, reason: String(cString: strerror(errno)))
  }
}
