import Foundation
import Foundations
import HTTPClient
import LabelServer
import Testing
import WebServer

@Suite("Names of the server")
struct HostTests {
  private static func hosts(_ address: String? = nil, host: String = "127.0.0.1") -> KnownHosts {
    let settings = ServerSettings(
      host: host, workspace: URL(filePath: "/"), publicAddress: address.flatMap { URL(string: $0) })
    return KnownHosts(settings, machine: "desk.lan")
  }

  @Test(
    "Ours are the address, the bound host, the machine, loopback and local networks",
    arguments: [
      ("localhost", true), ("localhost:8080", true), ("app.localhost:1", true),
      ("127.0.0.1:9000", true), ("[::1]:9000", true), ("label.example.org", true),
      ("LABEL.example.org.:443", true), ("desk.lan:8080", true), ("desk:8080", true),
      ("desk.local", true), ("192.168.1.7:8080", true), ("10.1.2.3", true), ("[fd00::7]", true),
      ("203.0.113.5:8080", true), ("203.0.113.6:8080", false), ("evil.example", false),
      ("127.0.0.1.evil.example", false), ("label.example.org.evil.example", false),
      ("localhost:80@evil.example", false), ("127.0.0.1:80/evil", false), ("", false),
      (":80", false), ("[::1", false), ("[::1]evil", false),
    ])
  func known(authority: String, isKnown: Bool) {
    #expect(
      Self.hosts("https://label.example.org").knows(authority, arrival: "203.0.113.5") == isKnown)
  }

  @Test("The configured address is an origin of ours")
  func origins() {
    let hosts = Self.hosts("https://Label.example.org/")
    #expect(hosts.isPublicOrigin("https://label.example.org"))
    #expect(!hosts.isPublicOrigin("http://label.example.org"))
    #expect(!hosts.isPublicOrigin("https://label.example.org.evil.example"))
    #expect(!hosts.isPublicOrigin(nil))
    #expect(Self.hosts("http://a:8443").isPublicOrigin("http://a:8443"))
    #expect(!Self.hosts().isPublicOrigin(nil))
  }
}

@Suite("Addresses of clients")
struct ClientAddressTests {
  @Test(
    "An address, a range, and what is neither",
    arguments: [
      ("127.0.0.1", "127.0.0.1", true), ("10.0.0.0/8", "10.200.1.2", true),
      ("10.0.0.0/8", "11.0.0.1", false), ("192.168.1.128/25", "192.168.1.127", false),
      ("192.168.1.128/25", "192.168.1.200", true), ("::1", "::1", true),
      ("127.0.0.1", "::ffff:127.0.0.1", true), ("fe80::/10", "fe80::1%eth0", true),
      ("fe80::/10", "fec0::1", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
    ])
  func ranges(range: String, address: String, isIn: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(address))) == isIn)
  }

  @Test(
    "Nonsense is no address",
    arguments: [
      "", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3.4/", "a/b", "1.2.3.4/8/8",
    ])
  func nonsense(text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test("An IPv6 client is its first 64 bits, which providers hand out whole")
  func client() throws {
    let (one, other) = (IPAddress("2001:db8:1:2:aa::1"), IPAddress("2001:db8:1:2:bb::2"))
    let first = try #require(one).client
    #expect(try #require(other).client == first)
    #expect(try #require(IPAddress("192.0.2.7")).client == "192.0.2.7")
  }

  private static func client(
    _ peer: String, _ forwardedFor: [String], trusting proxies: [String] = []
  ) -> ClientAddress {
    ClientAddress(
      peer: peer, forwardedFor: forwardedFor, proxies: proxies.compactMap(AddressRange.init))
  }

  @Test("Nobody is believed who is no trusted proxy")
  func untrusted() {
    for made in [[], ["203.0.113.1"], ["203.0.113.1, 203.0.113.2"]] {
      let behind = Self.client("127.0.0.1", made)
      #expect(behind.text == "127.0.0.1" && behind.isShared)
      let direct = Self.client("192.0.2.9", made, trusting: ["127.0.0.1", "10.0.0.0/8"])
      #expect(direct.text == "192.0.2.9" && !direct.isShared)
    }
  }

  @Test("A trusted proxy is believed in what it appended, and in nothing further left")
  func trusted() {
    let proxies = ["127.0.0.1", "10.0.0.0/8"]
    for (headers, text) in [
      (["192.0.2.7"], "192.0.2.7"), (["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
      (["1.1.1.1", "192.0.2.7"], "192.0.2.7"), (["1.1.1.1, 192.0.2.7, 10.0.0.3"], "192.0.2.7"),
      (["nonsense, 192.0.2.7:4711"], "192.0.2.7"),
      (["[2001:db8:1:2::7]:4711"], "20:1:d:b8:0:1:0:2/64"),
    ] {
      let client = Self.client("127.0.0.1", headers, trusting: proxies)
      #expect(!client.isShared, "\(headers)")
      #expect(client.text == text, "\(headers)")
    }
    // Whom the proxy does not name could be anyone.
    for headers in [[], [""], ["unknown"], ["192.0.2.7, _hidden"], ["10.0.0.3"]] {
      let client = Self.client("127.0.0.1", headers, trusting: proxies)
      #expect(client.text == "127.0.0.1" && client.isShared, "\(headers)")
    }
  }
}

@Suite("Slow clients", .serialized)
struct SlowClientTests {
  @Test("Silence and half a header end the connection after the idle timeout, answers do not")
  func timeouts() async throws {
    let site = try await TestSite()
    var dependencies = site.dependencies
    dependencies.settings.idleTimeout = .milliseconds(300)

    try await withServer(dependencies) { port in
      for bytes in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nA"] {
        let connection = try RawConnection(port: port)
        connection.send(bytes)
        #expect(await connection.received() == "", "\(bytes) ends without an answer")
      }
      let asked = try RawConnection(port: port)
      asked.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(await asked.received().hasSuffix("ok\n"))
    }
  }

  @Test("A run's events go on through a silence longer than the idle timeout")
  func events() async throws {
    let site = try await TestSite(supervisor: FinishedRun(silence: .milliseconds(800)))
    var dependencies = site.dependencies
    dependencies.settings.idleTimeout = .milliseconds(200)

    try await withServer(dependencies) { port in
      var request = HTTPClient.Request(
        url: "http://127.0.0.1:\(port)/api/v1/runs/helpfulness-1/events")
      request.headers = [("Cookie", "plumbline_session=Grace")]
      let events = String(decoding: try await HTTPClient().send(request).body, as: UTF8.self)
      #expect(events.contains("id: 2\n") && events.hasSuffix("event: end\ndata: {}\n\n"))
    }
  }
}

/// A connection on which anything can be sent.
private final class RawConnection: Sendable {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(status == 0)
  }

  func send(_ text: String) {
    _ = text.withCString { write(descriptor, $0, text.utf8.count) }
  }

  /// All that comes until the server ends the connection; “still open” after 30 seconds without.
  ///
  /// Reads on a thread of its own: the server under test needs those of the cooperative pool.
  func received() async -> String {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: self.readToEnd()) }
    }
  }

  private func readToEnd() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 { return "still open" }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer.prefix(count)
    }
  }

  deinit {
    close(descriptor)
  }
}
