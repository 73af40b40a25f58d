import Foundation
import Foundations

/// Reserves names of new files, each for one caller.
public enum ReservedName {
  /// Creates an empty file; returns false when the name is taken, by a link that leads nowhere too.
  /// Throws `FileError`.
  public static func take(_ path: String) throws -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor >= 0 {
      close(descriptor)
      return true
    }
    if errno == EEXIST { return false }
    throw FileError(path: path, code: errno)
  }

  /// Reserves the first free name among `name(1)`, `name(2)` … and returns its path. The caller must
  /// write the file or give it back.
  public static func takeFirst(in folder: URL, _ name: (_ number: Int) -> String) throws -> String {
    var number = 1
    while true {
      let path = folder.appending(path: name(number)).path(percentEncoded: false)
      if try take(path) { return path }
      number += 1
    }
  }

  /// Removes a file that was taken and never written.
  public static func giveBack(_ path: String) {
    var status = stat()
    if lstat(path, &status) == 0, status.st_size == 0 { unlink(path) }
  }
}
