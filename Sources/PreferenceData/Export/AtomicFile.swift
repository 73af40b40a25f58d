import Foundation

/// Writes a file beside its place and moves it there when it is whole and on the disk.
public final class AtomicFile {
  public let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []

  /// Creates the temporary file; throws `PreferenceDataError.unwritable`.
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
    var sent = 0
    while sent < buffer.count {
      let count = buffer.withUnsafeBytes { bytes in
        #if canImport(Darwin)
          Darwin.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
        #else
          Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw failure() }
      sent += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// Moves a file that is on the disk to its place, over one that is there, and makes the name
  /// durable.
  public static func move(_ temporaryPath: String, to path: String) throws {
    if rename(temporaryPath, path) != 0 {
      throw PreferenceDataError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    try syncFolder(of: path)
  }

  /// Makes the name of a file that was just moved to its place durable: without it a power cut may
  /// forget the name although the bytes are safe. Throws `PreferenceDataError.unwritable`.
  public static func syncFolder(of path: String) throws {
    // As a plain path: a URL's own text escapes spaces and all but ASCII.
    let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    let folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else {
      throw PreferenceDataError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(folder) }
    // Some file systems sync no folders and say so.
    if fsync(folder) != 0, errno != EINVAL, errno != EROFS {
      throw PreferenceDataError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
  }

  private func failure() -> PreferenceDataError {
    .unwritable(path: path, reason: String(cString: strerror(errno)))
  }
}
