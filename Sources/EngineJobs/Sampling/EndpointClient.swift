import AsyncHTTPClient
import Foundation
import Foundations
import PreferenceData
import Synchronization

/// Asks one endpoint, again when it makes sense, and reads its answers.
final class EndpointClient: Sendable {
  private let endpoint: Endpoint
  private let settings: SamplingSettings
  private let retryPolicy: RetryPolicy
  private let http: HTTPClient
  // Some servers give one choice whatever `n` says, and some refuse it.
  private let givesSeveral = Mutex(true)
  private let hasAnswered = Mutex(false)

  private static let largestAnswer = 16 << 20

  init(_ endpoint: Endpoint, settings: SamplingSettings, retryPolicy: RetryPolicy, http: HTTPClient)
  {
    self.endpoint = endpoint
    self.settings = settings
    self.retryPolicy = retryPolicy
    self.http = http
  }

  /// Returns as many answers as asked for; each request of one prompt has another seed of `random`.
  ///
  /// Throws `PromptFailure` when this prompt cannot be answered, `SamplingError` when none can.
  func answers(
    to messages: [ChatMessage], count: Int, random: RandomStream?
  ) async throws -> [String] {
    var texts: [String] = []
    if count > 1, givesSeveral.withLock({ $0 }) {
      do {
        texts = try await ask(messages, count: count, seed: Self.seed(random, 0))
      } catch let refusal as Refusal where refusal.status == 400 {
        // Asked one by one below: if that is refused too, it was not because of `n`.
      }
      if texts.count < count { givesSeveral.withLock { $0 = false } }
    }
    let first = texts.count
    let rest = try await withThrowingTaskGroup(of: [String].self) { group in
      for index in first..<max(first, count) {
        group.addTask {
          do {
            return try await self.ask(
              messages, count: 1, seed: Self.seed(random, index))
          } catch let refusal as Refusal {
            throw refusal.failure(self.endpoint.place)
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Array((texts + rest).prefix(count))
  }

  // Some servers read a seed as a signed number of 32 bits.
  private static func seed(_ random: RandomStream?, _ request: Int) -> Int? {
    guard var stream = random?.substream(request) else { return nil }
    return stream.below(1 << 31)
  }

  /// The error message of an endpoint.
  private struct Refusal: Error {
    let status: UInt
    let message: String

    func failure(_ place: String) -> PromptFailure {
      PromptFailure(place: place, reason: "status \(status): \(message)")
    }
  }

  private enum Reply {
    case texts([String])
    case again(reason: String, after: Duration?)
  }

  private func ask(_ messages: [ChatMessage], count: Int, seed: Int?) async throws -> [String] {
    var failures = 0
    while true {
      switch try await once(body(messages, count: count, seed: seed)) {
      case .texts(let texts): return texts
      case .again(let reason, let asked):
        failures += 1
        if failures >= retryPolicy.tries {
          if !hasAnswered.withLock({ $0 }) {
            throw SamplingError.unreachable(place: endpoint.place, reason: reason)
          }
          throw PromptFailure(
            place: endpoint.place, reason: "\(reason) (after \(failures) tries)")
        }
        try await Task.sleep(
          for: retryPolicy.wait(after: failures, asked: asked, random: .random(in: 0...1)))
      }
    }
  }

  private func body(_ messages: [ChatMessage], count: Int, seed: Int?) -> [UInt8] {
    var body: [String: JSONValue] = [
      "model": .string(endpoint.model), "messages": .array(messages.map(\.json)),
      "temperature": .number(settings.temperature), "top_p": .number(settings.topP),
      "max_tokens": .integer(settings.maxNewTokens),
    ]
    if count > 1 { body["n"] = .integer(count) }
    if let seed { body["seed"] = .integer(seed) }
    return CanonicalJSON.bytes(.object(body))
  }

  private func once(_ body: [UInt8]) async throws -> Reply {
    var request = HTTPClientRequest(url: endpoint.url.absoluteString)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    if let key = endpoint.key {
      request.headers.add(name: "Authorization", value: "Bearer \(key.secret)")
    }
    request.body = .bytes(body)
    do {
      let (head, data) = try await exchange(request)
      hasAnswered.withLock { $0 = true }
      return try read(head, data)
    } catch let error as SamplingError {
      throw error
    } catch let error as Refusal {
      throw error
    } catch is TimedOut {
      return .again(reason: "no answer within \(retryPolicy.timeout)", after: nil)
    } catch {
      if error is CancellationError || error as? HTTPClientError == .cancelled {
        throw CancellationError()
      }
      try Task.checkCancellation()
      return .again(reason: ConnectionFailure.words(for: error), after: nil)
    }
  }

  private struct TimedOut: Error {}

  // The client's own deadline ends with the head of the answer; a dripping body needs this one.
  private func exchange(_ request: HTTPClientRequest) async throws -> (HTTPClientResponse, Data) {
    try await withThrowingTaskGroup(of: (HTTPClientResponse, Data)?.self) { group in
      group.addTask { [http, retryPolicy] in
        let response = try await http.execute(
          request, timeout: .nanoseconds(Int64(retryPolicy.timeout / .nanoseconds(1))))
        let bytes = try await response.body.collect(upTo: Self.largestAnswer)
        return (response, Data(bytes.readableBytesView))
      }
      group.addTask { [retryPolicy] in
        try await Task.sleep(for: retryPolicy.timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let answer = try await group.next(), let answer else { throw TimedOut() }
      return answer
    }
  }

  private func read(_ response: HTTPClientResponse, _ data: Data) throws -> Reply {
    let status = response.status.code
    guard status == 200 else {
      let message = endpoint.key?.hidden(in: Self.message(data)) ?? Self.message(data)
      switch status {
      case 408, 409, 425, 429, 500...:
        return .again(
          reason: "status \(status): \(message)",
          after: RetryPolicy.asked(by: response.headers.first(name: "Retry-After"), now: Date()))
      case 400, 413, 422: throw Refusal(status: status, message: message)
      default:
        throw SamplingError.refused(
          place: endpoint.place, model: endpoint.model, status: status, message: message)
      }
    }
    guard let json = try? JSONValue(parsing: data),
      let choices = json["choices"]?.arrayValue
    else {
      let start = String(decoding: data.prefix(120), as: UTF8.self)
      return .again(reason: "the answer is not a chat completion: \(start)", after: nil)
    }
    let texts = choices.compactMap { $0["message"]?["content"]?.stringValue }
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    return texts.isEmpty
      ? .again(reason: "the answer contains no text", after: nil) : .texts(texts)
  }

  private static func message(_ data: Data) -> String {
    let json = try? JSONValue(parsing: data)
    let said =
      json?["error"]?["message"]?.stringValue ?? json?["error"]?.stringValue
      ?? json?["message"]?.stringValue ?? String(decoding: data.prefix(300), as: UTF8.self)
    let line = said.replacing(#/\s+/#, with: " ").trimmingCharacters(in: .whitespaces)
    return line.isEmpty ? "(no reason given)" : String(line.prefix(300))
  }
}
