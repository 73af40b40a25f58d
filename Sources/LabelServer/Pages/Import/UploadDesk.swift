import Foundation
import LabelStore

/// Keeps uploads for a while between the preview and the decision.
actor UploadDesk {
  struct Upload: Sendable {
    let bytes: Data
    let name: String
    let person: PersonID
    let receivedAt: Date
  }

  static let limit = 32 * 1024 * 1024
  private static let capacity = 8
  private static let keptFor: TimeInterval = 3600
  private var uploads: [String: Upload] = [:]

  func keep(_ upload: Upload, as key: String) {
    uploads = uploads.filter {
      upload.receivedAt.timeIntervalSince($0.value.receivedAt) < Self.keptFor
    }
    if uploads.count >= Self.capacity,
      let oldest = uploads.min(by: { $0.value.receivedAt < $1.value.receivedAt })
    {
      uploads[oldest.key] = nil
    }
    uploads[key] = upload
  }

  /// Hands out an upload of this person, once.
  func take(_ key: String, of person: PersonID) -> Upload? {
    guard let upload = uploads[key], upload.person == person else { return nil }
    uploads[key] = nil
    return upload
  }
}
