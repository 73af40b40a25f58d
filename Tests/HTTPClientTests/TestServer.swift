import Foundation
import Synchronization

/// A server on a free loopback port that answers each request with bytes chosen by the test.
final class TestServer: Sendable {
  /// What the server does with one request.
  enum Answer: Sendable {
    /// Sends the bytes and keeps the connection.
    case send(String)
    /// Sends the bytes and closes the connection.
    case sendAndClose(String)
    /// Sends the first bytes, then nothing more.
    case sendAndHang(String)
  }

  let port: Int
  private let listener: Int32
  private let record = Record()

  private final class Record: Sendable {
    let connections = Mutex(0)
    let requests = Mutex<[String]>([])
  }

  var connections: Int { record.connections.withLock { $0 } }
  /// The heads and bodies received so far.
  var requests: [String] { record.requests.withLock { $0 } }

  init(ipv6: Bool = false, answer: @escaping @Sendable (String) -> Answer) throws {
    let family = ipv6 ? AF_INET6 : AF_INET
    listener = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    var storage = sockaddr_storage()
    var length = socklen_t(
      ipv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &storage) { pointer in
      if ipv6 {
        pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          $0.pointee.sin6_family = sa_family_t(AF_INET6)
          $0.pointee.sin6_addr = in6addr_loopback
        }
      } else {
        pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          $0.pointee.sin_family = sa_family_t(AF_INET)
          $0.pointee.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        }
      }
    }
    let (listener, size) = (listener, length)
    let isListening = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 512) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    // The port is in the same place in both kinds of address.
    port = withUnsafePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        Int(UInt16(bigEndian: $0.pointee.sin_port))
      }
    }
    Thread.detachNewThread { [record] in
      // Closed here alone: another server may get the number of a descriptor that is closed.
      defer { close(listener) }
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        record.connections.withLock { $0 += 1 }
        Thread.detachNewThread {
          Self.serve(connection, answer) { text in record.requests.withLock { $0.append(text) } }
        }
      }
    }
  }

  deinit {
    // Makes `accept` fail.
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private static func serve(
    _ connection: Int32, _ answer: (String) -> Answer, _ note: (String) -> Void
  ) {
    defer { close(connection) }
    while let request = receive(connection) {
      note(request)
      switch answer(request) {
      case .send(let text): send(text, connection)
      case .sendAndClose(let text):
        send(text, connection)
        return
      case .sendAndHang(let text):
        send(text, connection)
        var byte: UInt8 = 0
        while read(connection, &byte, 1) > 0 {}
        return
      }
    }
  }

  private static func send(_ text: String, _ connection: Int32) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Returns a head and as much of a body as it announces; nil at the end of the connection.
  private static func receive(_ connection: Int32) -> String? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let length =
          text[..<end.lowerBound].firstMatch(of: #/(?i)content-length: (\d+)/#)
          .flatMap { Int($0.1) } ?? 0
        if text[end.upperBound...].utf8.count >= length { return text }
      }
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
  }
}
