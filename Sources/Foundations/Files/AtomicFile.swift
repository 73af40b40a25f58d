import Foundation

/// A file that cannot be written.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  public let path: String
  /// The system's error number, such as `ENOSPC`.
  public let code: Int32

  public init(path: String, code: Int32) {
    self.path = path
    self.code = code
  }

  public var reason: String { String(cString: strerror(code)) }

  public var description: String {
    "Cannot write \(path): \(reason). Nothing was left behind; free some space or choose another "
      + "place, then try again."
  }
}

/// A file that appears under its name only when it is complete and on the disk.
///
/// It is written beside its place under another name, synced, and renamed; then the folder is
/// synced, without which a power cut may lose the name.
public final class AtomicFile {
  public let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  /// Creates the temporary file; throws `FileError`.
  public init(path: String) throws {
    self.path = path
    let unique = UUID().uuidString.prefix(8)
    let place = URL(filePath: path)
    temporaryPath =
      place.deletingLastPathComponent()
      .appending(path: ".\(place.lastPathComponent).\(unique).part").path(percentEncoded: false)
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw failure() }
  }

  deinit { discard() }

  /// Writes a whole file: it appears complete, or not at all.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    let file = try AtomicFile(path: path)
    try file.write(bytes)
    try file.commit()
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Appends bytes without copying them to the buffer first.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    try flush()
    try send(bytes)
  }

  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Waits until everything written is on the disk.
  public func sync() throws {
    try flush()
    if fsync(descriptor) != 0 { throw failure() }
  }

  /// Moves the file to its place; a file that was there is replaced in one step.
  public func commit() throws {
    try sync()
    if rename(temporaryPath, path) != 0 { throw failure() }
    close(descriptor)
    descriptor = -1
    try Self.syncFolder(of: path)
  }

  /// Removes what was written; does nothing after a commit.
  public func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(temporaryPath)
  }

  private func flush() throws {
    try buffer.withUnsafeBytes(send)
    buffer.removeAll(keepingCapacity: true)
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      // One call writes at most about 2 GB on Linux.
      let count = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw failure() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  /// Moves a file that is on the disk to its place, over one that is there, and makes the name
  /// durable.
  public static func move(_ temporaryPath: String, to path: String) throws {
    if rename(temporaryPath, path) != 0 {
      throw FileError(path: path, code: errno)
    }
    try syncFolder(of: path)
  }

  /// Makes the name of a file that was just moved to its place durable: without it a power cut may
  /// forget the name although the bytes are safe. Throws `FileError`.
  public static func syncFolder(of path: String) throws {
    // As a plain path: a URL's own text escapes spaces and all but ASCII.
    let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    let folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw FileError(path: path, code: errno)
    }
    defer { close(folder) }
    // Some file systems sync no folders and say so.
    if fsync(folder) != 0, errno != EINVAL, errno != EROFS {
      throw FileError(path: path, code: errno)
    }
  }

  private func failure() -> FileError { FileError(path: path, code: errno) }
}
