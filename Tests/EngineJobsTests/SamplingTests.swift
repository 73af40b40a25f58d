import EngineJobs
import Foundation
import LabelStore
import Labelling
import Testing

@Suite("Sampling from endpoints")
struct SamplingTests {
  @Test(
    "An endpoint's address may be given in any of its usual forms",
    arguments: [
      ("http://host:8000", "http://host:8000/v1/chat/completions"),
      ("http://host:8000/", "http://host:8000/v1/chat/completions"),
      ("https://host/v1", "https://host/v1/chat/completions"),
      ("https://host/v1/", "https://host/v1/chat/completions"),
      ("https://host/api/v1/chat/completions", "https://host/api/v1/chat/completions"),
      ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
    ])
  func addresses(given: String, url: String) throws {
    #expect(try Endpoint(address: given, model: "m").url.absoluteString == url)
  }

  @Test(
    "What is no address of an endpoint is refused",
    arguments: [
      "", "host:8000", "file:///etc/passwd", "http:///v1", "http://a:b@h/", "http://h/#x",
    ])
  func badAddresses(given: String) {
    #expect(throws: SamplingError.self) { try Endpoint(address: given, model: "m") }
  }

  @Test("Waits double up to a bound, less a random part; what a server asks for goes first")
  func waits() {
    var retryPolicy = RetryPolicy()
    retryPolicy.firstWait = .seconds(1)
    retryPolicy.longestWait = .seconds(10)

    let longest = (1...6).map { retryPolicy.wait(after: $0, asked: nil, random: 1) }
    #expect(longest == [1, 2, 4, 8, 10, 10].map { Duration.seconds($0) })
    #expect(retryPolicy.wait(after: 1, asked: nil, random: 0) == .milliseconds(500))
    #expect(retryPolicy.wait(after: 60, asked: nil, random: 1) == .seconds(10))
    #expect(retryPolicy.wait(after: 1, asked: .seconds(42), random: 0) == .seconds(42))
    #expect(retryPolicy.wait(after: 1, asked: .seconds(86_400), random: 0) == .seconds(600))
  }

  @Test(
    "Retry-After is read as seconds or as a date",
    arguments: [
      ("7", 7), ("0.5", 0.5), ("Fri, 15 Jan 2027 08:01:40 GMT", 100),
      ("Fri, 15 Jan 2027 07:00:00 GMT", 0), ("soon", nil), ("-3", nil), ("inf", nil), (nil, nil),
    ] as [(String?, Double?)])
  func retryAfter(header: String?, seconds: Double?) {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    #expect(RetryPolicy.asked(by: header, now: now) == seconds.map { .seconds($0) })
  }

  @Test("Answers are shared out evenly, and the first policies get what is left over")
  func shares() throws {
    let policies = try ["a", "b", "a"].enumerated().map { index, model in
      AnsweringPolicy.endpoint(
        try Endpoint(address: "http://127.0.0.1:\(8000 + index)", model: model))
    }

    let shares = AnsweringPolicy.shares(of: 5, among: policies)

    #expect(shares.map(\.count) == [2, 2, 1])
    #expect(shares.map(\.source) == ["a@127.0.0.1:8000", "b", "a@127.0.0.1:8002"])
  }

  @Test("Every set of prompts and every policy gets other random numbers, the same each time")
  func seeds() throws {
    var settings = SamplingSettings()
    settings.seed = 3
    func chunk(_ first: Int) -> [Int] { Array(first..<(first + 24)) }

    let seeds = (0..<3).flatMap { policy in
      (0..<40).map { settings.engineSeed(policy: policy, positions: chunk($0 * 24 + 1)) }
        // After an interruption: the same prompts but for one that has answers now.
        + [settings.engineSeed(policy: policy, positions: Array(chunk(1).dropLast()))]
    }

    #expect(Set(seeds).count == seeds.count)
    #expect(settings.engineSeed(policy: 2, positions: chunk(25)) == seeds[2 * 41 + 1])
    #expect(settings.endpointSeeds(policy: 0, position: 1) != nil)
    settings.seed = nil
    #expect(settings.endpointSeeds(policy: 0, position: 1) == nil)
    settings.seed = .max
    _ = settings.engineSeed(policy: 0, positions: chunk(1))
  }

  @Test("A key is shown by no printing")
  func hiddenKey() throws {
    let key = try #require(EndpointKey(" sk-secret\n"))
    let endpoint = try Endpoint(address: "http://h", model: "m", key: key)

    #expect("\(key) \(endpoint)".contains("secret") == false)
    #expect(String(reflecting: endpoint).contains("secret") == false)
    var dumped = ""
    dump(endpoint, to: &dumped)
    #expect(!dumped.contains("secret"))
    #expect(key.hidden(in: "bad key sk-secret") == "bad key …")
  }
}
