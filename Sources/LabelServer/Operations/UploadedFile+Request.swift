import Foundation
import Hummingbird
import Jobs
import WebServer

extension UploadedFile {
  /// Stores a body as it arrives; throws `WebError.tooLarge`.
  static func receive(
    _ request: Request, in workspace: URL, limit: Int = UploadedFile.limit
  ) async throws -> UploadedFile {
    if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
      throw WebError.tooLarge(limit: limit)
    }
    let file = try Writer(in: workspace)
    try await request.eachPart { buffer in
      guard file.size + buffer.readableBytes <= limit else { throw WebError.tooLarge(limit: limit) }
      try file.write(Array(buffer.readableBytesView))
    }
    return try file.finish()
  }
}
