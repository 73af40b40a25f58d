import Foundation
import Hummingbird

/// Writes server-sent events.
struct EventWriter {
  private var writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  mutating func send(_ value: some Encodable) async throws {
    let json = try JSONEncoder.forReplies.encode(value)
    try await writer.write(
      ByteBuffer(string: "data: " + String(decoding: json, as: UTF8.self) + "\n\n"))
  }

  mutating func finish() async throws {
    try await writer.write(ByteBuffer(string: "data: [DONE]\n\n"))
    try await writer.finish(nil)
  }
}

extension JSONEncoder {
  static var forReplies: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return encoder
  }
}

/// Merges the events of several streams, each with the index of its stream.
func merged<Element: Sendable>(
  _ streams: [AsyncThrowingStream<Element, any Error>]
) -> AsyncThrowingStream<(Int, Element), any Error> {
  AsyncThrowingStream { continuation in
    let task = Task {
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (index, stream) in streams.enumerated() {
            group.addTask {
              for try await element in stream { continuation.yield((index, element)) }
            }
          }
          try await group.waitForAll()
        }
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
  }
}
