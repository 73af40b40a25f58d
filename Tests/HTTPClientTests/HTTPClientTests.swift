import Foundation
import HTTPClient
import Testing

@Suite("The HTTP client", .timeLimit(.minutes(1)))
struct HTTPClientTests {
  private static func ok(_ body: String, headers: String = "") -> TestServer.Answer {
    .send("HTTP/1.1 200 OK\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  private static func request(
    _ server: TestServer, _ method: String = "GET", body: Data? = nil
  ) -> HTTPClient.Request {
    HTTPClient.Request(method, url: "http://127.0.0.1:\(server.port)/path?q=1", body: body)
  }

  @Test("A response has its status, headers and body")
  func response() async throws {
    let server = try TestServer { _ in
      .send(
        "HTTP/1.1 100 Continue\r\nX-Early: yes\r\n\r\n"
          + "HTTP/1.1 429 Slow Down\r\nretry-after:  7 \r\nContent-Length: 4\r\n\r\nwait")
    }
    let response = try await HTTPClient().send(Self.request(server))
    #expect(response.status == 429)
    #expect(response.header("Retry-After") == "7")
    #expect(response.header("X-Early") == nil)
    #expect(response.body == Data("wait".utf8))
  }

  @Test("A request has the headers and the body it was given, and no type of its own")
  func requests() async throws {
    let server = try TestServer { _ in Self.ok("") }
    let client = HTTPClient()
    var post = Self.request(server, "POST", body: Data(repeating: 0x61, count: 2 << 20))
    post.headers = [("Content-Type", "application/json"), ("X-Empty", ""), ("X-Name", "Zoë")]
    _ = try await client.send(post)
    _ = try await client.send(Self.request(server, "POST"))
    _ = try await client.send(Self.request(server, "PUT", body: Data("abc".utf8)))
    let requests = server.requests
    #expect(requests[0].hasPrefix("POST /path?q=1 HTTP/1.1\r\n"))
    #expect(requests[0].contains("\r\nContent-Type: application/json\r\n"))
    #expect(requests[0].contains("\r\nX-Empty:\r\n") && requests[0].contains("X-Name: Zoë\r\n"))
    #expect(!requests[0].contains("Expect:"))
    #expect(requests[0].utf8.count > 2 << 20)
    #expect(requests[1].contains("\r\nContent-Length: 0\r\n"))
    #expect(!requests[1].contains("Content-Type"))
    #expect(requests[2].hasPrefix("PUT ") && requests[2].hasSuffix("\r\n\r\nabc"))
    #expect(server.connections == 1, "the connection is used again")
  }

  @Test(
    "A header cannot add another one",
    arguments: [("X", "a\r\nY: b"), ("X", "a\nb"), ("X\r\nY", "a"), ("", "a"), ("X", "\u{0}")])
  func injection(name: String, value: String) async throws {
    let server = try TestServer { _ in Self.ok("") }
    var request = Self.request(server)
    request.headers = [(name, value)]
    let sent = request
    let client = HTTPClient()
    await #expect(throws: HTTPClientError.self) { try await client.send(sent) }
    #expect(server.connections == 0)
  }

  @Test("Only http and https are spoken, and no redirect is followed")
  func protocols() async throws {
    let client = HTTPClient()
    for url in ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://", "http://a b/"] {
      await #expect(throws: HTTPClientError.self, "\(url)") {
        try await client.send(HTTPClient.Request(url: url))
      }
    }
    let server = try TestServer { _ in
      .send("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(try await client.send(Self.request(server)).status == 302)
    #expect(server.requests.count == 1)
  }

  @Test("IPv6 addresses work")
  func ipv6() async throws {
    guard let server = try? TestServer(ipv6: true, answer: { _ in Self.ok("six") }) else { return }
    let request = HTTPClient.Request(url: "http://[::1]:\(server.port)/")
    #expect(try await HTTPClient().send(request).body == Data("six".utf8))
  }

  @Test("Failures say what happened in words")
  func failures() async throws {
    let client = HTTPClient()
    let closed = try TestServer { _ in .sendAndClose("") }
    let half = try TestServer { _ in .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
    }
    let garbled = try TestServer { _ in .sendAndClose("220 smtp.example.org ready\r\n") }
    for (url, words) in [
      ("http://127.0.0.1:9/", "Connection refused"),
      ("http://127.0.0.1:\(closed.port)/", "the server closed the connection without an answer"),
      (
        "http://127.0.0.1:\(half.port)/", "the connection ended before the whole answer arrived"
      ),
      ("http://127.0.0.1:\(garbled.port)/", "HTTP/0.9"),
      ("http://name.invalid/", "name.invalid"),
    ] {
      do {
        _ = try await client.send(HTTPClient.Request(url: url))
        Issue.record("\(url) has an answer")
      } catch {
        #expect("\(error)".contains(words), "\(url): \(error)")
      }
    }
  }

  @Test("Timeouts end an exchange that has not begun, hangs, or drips")
  func timeouts() async throws {
    let client = HTTPClient()
    let silent = try TestServer { _ in .sendAndHang("") }
    let slow = try TestServer { _ in
      .sendAndHang("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
    }
    for server in [silent, slow] {
      var request = Self.request(server)
      request.timeout = .milliseconds(200)
      let sent = request
      await #expect(throws: HTTPClientError.timeout(.milliseconds(200))) {
        try await client.send(sent)
      }
      request.timeout = .seconds(50)
      request.idleTimeout = .seconds(1)
      let patient = request
      await #expect(throws: HTTPClientError.idleTimeout(.seconds(1))) {
        try await client.send(patient)
      }
    }
    // An address of a network reserved for documentation: nothing answers there.
    var request = HTTPClient.Request(url: "http://192.0.2.1/")
    request.connectTimeout = .milliseconds(200)
    let sent = request
    await #expect(throws: HTTPClientError.self) { try await client.send(sent) }
  }

  @Test("A body over the limit is refused, also one of unknown length")
  func limits() async throws {
    let known = try TestServer { _ in Self.ok(String(repeating: "a", count: 2000)) }
    let chunked = try TestServer { _ in
      .send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"
          + String(repeating: "a", count: 2000) + "\r\n0\r\n\r\n")
    }
    let client = HTTPClient()
    for server in [known, chunked] {
      var request = Self.request(server)
      request.responseBody = .read(upTo: 1999)
      let sent = request
      await #expect(throws: HTTPClientError.bodyTooLarge(limit: 1999)) {
        try await client.send(sent)
      }
      request.responseBody = .read(upTo: 2000)
      #expect(try await client.send(request).body.count == 2000)
    }
    let headers = try TestServer { _ in
      let line = "X: " + String(repeating: "a", count: 50_000) + "\r\n"
      return .send("HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 20) + "\r\n")
    }
    await #expect(throws: HTTPClientError.self) { try await client.send(Self.request(headers)) }
  }

  @Test("A response whose body is not wanted is there as soon as its head is")
  func head() async throws {
    let client = HTTPClient()
    let slow = try TestServer { _ in
      .sendAndHang("HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n")
    }
    var request = Self.request(slow, "POST", body: Data("{}".utf8))
    request.responseBody = .ignore
    #expect(try await client.send(request).status == 202)

    let quick = try TestServer { _ in Self.ok("") }
    request = Self.request(quick, "POST", body: Data("{}".utf8))
    request.responseBody = .ignore
    for _ in 0..<3 { #expect(try await client.send(request).status == 200) }
    #expect(quick.connections == 1)
  }

  @Test("A cancelled task does not wait for its answer")
  func cancellation() async throws {
    let server = try TestServer { _ in .sendAndHang("") }
    let client = HTTPClient()
    let task = Task { try await client.send(Self.request(server)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let cancelledBefore = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.send(Self.request(server))
    }
    await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
  }

  @Test("Closing ends what is under way, and later requests fail")
  func closing() async throws {
    let server = try TestServer { _ in .sendAndHang("") }
    let client = HTTPClient()
    let task = Task { try await client.send(Self.request(server)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    client.close()
    await #expect(throws: HTTPClientError.closed) { try await task.value }
    await #expect(throws: HTTPClientError.closed) { try await client.send(Self.request(server)) }
  }

  @Test("Servers that hang do not delay the others, and connections are used again")
  func together() async throws {
    let silent = try TestServer { _ in .sendAndHang("") }
    let quick = try TestServer { request in
      Self.ok(request.contains("\r\n\r\n") ? "ok" : "no")
    }
    let client = HTTPClient()
    let hanging = (0..<64).map { _ in Task { try await client.send(Self.request(silent)) } }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<64 {
        group.addTask {
          for _ in 0..<20 {
            let response = try await client.send(Self.request(quick))
            #expect(response.body == Data("ok".utf8))
          }
          return 20
        }
      }
      let answers = try await group.reduce(0, +)
      #expect(answers == 1280)
    }
    #expect(quick.connections <= 64)
    for task in hanging { task.cancel() }
    for task in hanging { await #expect(throws: CancellationError.self) { try await task.value } }
  }

  @Test("A server whose certificate nobody vouches for is not spoken to")
  func certificates() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (key, certificate) = (folder.path + "/key.pem", folder.path + "/certificate.pem")
    let make = try Self.openssl(
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
      "-out", certificate)
    make.waitUntilExit()
    try #require(make.terminationStatus == 0)
    // A port that was free a moment ago.
    let port = try TestServer { _ in .sendAndClose("") }.port
    let server = try Self.openssl(
      "s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert",
      certificate)
    defer { server.terminate() }
    let client = HTTPClient()
    var answer = ""
    for _ in 0..<100 {
      do {
        let response = try await client.send(HTTPClient.Request(url: "https://localhost:\(port)/"))
        answer = "status \(response.status)"
      } catch {
        answer = "\(error)"
      }
      guard answer.contains("refused") else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(answer.contains("certificate"), "\(answer)")
  }

  private static func openssl(_ arguments: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }
}
