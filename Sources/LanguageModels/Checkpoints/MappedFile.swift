import Foundation

/// A file mapped read-only into memory. Pages are loaded on access.
///
/// The file must not be truncated while it is mapped. Checkpoints are replaced by renaming.
public final class MappedFile: Sendable {
  public let path: String
  /// The whole file. Valid as long as this object lives.
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

  /// Throws if the file is a Git LFS pointer or another remnant of a download.
  private func checkIsDownloaded() throws {
    let beginning = String(decoding: bytes.prefix(64), as: UTF8.self).lowercased()
    if beginning.hasPrefix("version https://git-lfs") {
      throw LanguageModelError.malformed(
        file: path, problem: "is a Git LFS pointer instead of the file",
        remedy: "Run git lfs pull in its repository, or download the file")
    }
    let text = beginning.drop(while: \.isWhitespace)
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      throw LanguageModelError.malformed(
        file: path, problem: "is a web page: the download needed permission",
        remedy: "Sign in to the website of the model, and download the file again")
    }
  }

  /// Keeps the mapping alive while `body` reads it.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// Releases the file's pages, which are loaded again on access. No data is lost because the
  /// mapping is read-only.
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
  /// Returns an error with the description of the last failed system call.
  static func inaccessible(_ path: String) -> LanguageModelError {
    .inaccessible(path: path, reason: String(cString: strerror(errno)))
  }
}
