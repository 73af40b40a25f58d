import HTTPSupport
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@Suite("Connections")
struct ConnectionTests {
  private static let head = HTTPRequestPart.head(
    .init(method: .post, scheme: "http", authority: "localhost", path: "/"))

  /// A connection over a table, with a clock of its own.
  private static func connection(
    _ table: ConnectionTable, unsent: @escaping () -> Int = { 0 }
  ) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(
      ConnectionGuard(table: table, patience: .seconds(60), unsent: { _ in unsent() }))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    channel.embeddedEventLoop.run()
    return channel
  }

  @Test("A newcomer takes the place of the connection that has waited longest for a request")
  func full() throws {
    let table = ConnectionTable(limit: 3)
    let channels = try (0..<3).map { number in
      let channel = try Self.connection(table)
      // Loops of their own start at the same time; later ones come later.
      table.moved(channel, to: .waiting, at: .uptimeNanoseconds(UInt64(10 - number)))
      return channel
    }
    try channels[2].writeInbound(Self.head)

    let newcomer = try Self.connection(table)

    #expect(newcomer.isActive && table.count == 3)
    #expect(channels.map(\.isActive) == [true, false, true])
  }

  @Test("Nobody whose request is being answered is sent away; then the newcomer is")
  func busy() throws {
    let table = ConnectionTable(limit: 2)
    let channels = try (0..<2).map { _ in
      let channel = try Self.connection(table)
      try channel.writeInbound(Self.head)
      try channel.writeInbound(HTTPRequestPart.end(nil))
      return channel
    }

    let newcomer = try Self.connection(table)
    #expect(!newcomer.isActive)
    #expect(channels.map(\.isActive) == [true, true])

    try channels[0].writeOutbound(HTTPResponsePart.end(nil))
    let later = try Self.connection(table)
    #expect(later.isActive && table.count == 2)
    #expect(channels.map(\.isActive) == [false, true])
  }

  @Test("A request that is still coming goes before one that is answered")
  func receiving() throws {
    let table = ConnectionTable(limit: 2)
    let (slow, answered) = (try Self.connection(table), try Self.connection(table))
    try slow.writeInbound(Self.head)
    try answered.writeInbound(Self.head)
    try answered.writeInbound(HTTPRequestPart.end(nil))

    _ = try Self.connection(table)

    #expect(!slow.isActive && answered.isActive)
  }

  @Test("A connection that closes leaves its place")
  func closing() throws {
    let table = ConnectionTable(limit: 2)
    let channels = [try Self.connection(table), try Self.connection(table)]
    #expect(table.count == 2)

    try channels[0].close().wait()

    #expect(table.count == 1)
  }

  @Test(
    "A body that comes in drips ends the connection after a minute, one that is merely slow does not",
    arguments: [(bytes: 1, survives: false), (bytes: 3000, survives: true)])
  func drips(bytes: Int, survives: Bool) throws {
    let channel = try Self.connection(ConnectionTable(limit: 10))
    try channel.writeInbound(Self.head)

    for _ in 0..<10 where channel.isActive {
      channel.read()
      channel.embeddedEventLoop.advanceTime(by: .seconds(10))
      try channel.writeInbound(
        HTTPRequestPart.body(ByteBuffer(repeating: 0x61, count: bytes)))
    }

    #expect(channel.isActive == survives)
  }

  @Test("Time in which the server does not want more of a body does not count")
  func busyServer() throws {
    let channel = try Self.connection(ConnectionTable(limit: 10))
    try channel.writeInbound(Self.head)

    for _ in 0..<10 {
      channel.embeddedEventLoop.advanceTime(by: .seconds(600))
      try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0x61, count: 1)))
    }

    #expect(channel.isActive)
  }

  @Test("A client that reads nothing for a minute is gone, one that reads slowly is not")
  func stalled() throws {
    var unsent = 0
    let channel = try Self.connection(ConnectionTable(limit: 10), unsent: { unsent })
    try channel.writeInbound(Self.head)
    try channel.writeInbound(HTTPRequestPart.end(nil))
    try channel.writeOutbound(
      HTTPResponsePart.body(ByteBuffer(repeating: 0x61, count: 1_000_000)))
    unsent = 1_000_000
    channel.isWritable = false
    channel.pipeline.fireChannelWritabilityChanged()

    for _ in 0..<10 {
      unsent -= 15_000
      channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    }
    #expect(channel.isActive)

    unsent -= 100
    channel.embeddedEventLoop.advanceTime(by: .seconds(61))
    #expect(!channel.isActive)
  }
}

@Suite("Heartbeats")
struct HeartbeatTests {
  @Test("come while nothing else does, and end with the stream")
  func beats() async throws {
    let (lines, feed) = AsyncThrowingStream<String, any Error>.makeStream()
    var seen: [String?] = []
    for try await line in lines.withHeartbeats(every: .milliseconds(5)) {
      seen.append(line)
      if seen.count == 2 { feed.yield("one") }
      if line == "one" { feed.finish() }
    }
    #expect(seen.starts(with: [nil, nil]) && seen.contains("one"))
  }
}
