import ArgumentParser
import EngineJobs
import Foundation

/// The models that answer, and the limits for endpoints.
struct ModelOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "Model that answers (default: the task's newest model, else the base). Repeatable.",
      valueName: "name"))
  var models: [String] = []

  @Option(
    name: .customLong("endpoint"),
    help: ArgumentHelp(
      "OpenAI-compatible endpoint: http://HOST:PORT/v1, or a name in plumbline.yaml. Repeatable.",
      valueName: "url"))
  var endpoints: [String] = []

  @Option(
    help: ArgumentHelp(
      "File with the endpoints' key (also PLUMBLINE_ENDPOINT_KEY).", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "Prompts sent to endpoints at the same time (default: 8).", valueName: "count"))
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Time limit for an answer of an endpoint (default: 300).", valueName: "seconds"))
  var timeout: Double?

  @Option(
    help: ArgumentHelp("Attempts per request (default: 6).", valueName: "count"))
  var tries: Int?

  func validate() throws {
    if let concurrency, !(1...512).contains(concurrency) {
      throw ValidationError("--concurrency must be 1 to 512.")
    }
    if let timeout, !(timeout > 0 && timeout <= 86_400) {
      throw ValidationError("--timeout must be more than 0 seconds and at most a day.")
    }
    if let tries, !(1...100).contains(tries) {
      throw ValidationError("--tries must be 1 to 100.")
    }
    let addresses = endpoints.filter(Self.isAddress).count
    if models.count < addresses {
      throw ValidationError(
        "Each --endpoint with an address needs a --model: the name the endpoint knows it by.")
    }
  }

  var retryPolicy: RetryPolicy {
    var retryPolicy = RetryPolicy()
    retryPolicy.concurrency = concurrency ?? retryPolicy.concurrency
    retryPolicy.timeout = timeout.map { .seconds($0) } ?? retryPolicy.timeout
    retryPolicy.tries = tries ?? retryPolicy.tries
    return retryPolicy
  }

  func policies(
    task: String, settings: WorkspaceSettings, workspace: Workspace
  ) throws -> [AnsweringPolicy] {
    var names = models[...]
    let key = try endpoints.contains(where: Self.isAddress) ? Self.key(file: keyFile) : nil
    let remote = try endpoints.map { endpoint -> AnsweringPolicy in
      if Self.isAddress(endpoint) {
        return .endpoint(
          try Endpoint(address: endpoint, model: names.removeFirst(), key: key))
      }
      guard let known = settings.endpoints[endpoint] else {
        throw SamplingError.unknownEndpoint(endpoint, known: settings.endpoints.keys.sorted())
      }
      return .endpoint(try known.endpoint())
    }
    let local = try names.map {
      AnsweringPolicy.model(
        try Retraining.policy(named: $0, task: task, base: settings.base, in: workspace))
    }
    if !remote.isEmpty || !local.isEmpty { return remote + local }
    return [
      .model(try Retraining.policy(named: nil, task: task, base: settings.base, in: workspace))
    ]
  }

  private static func isAddress(_ endpoint: String) -> Bool { endpoint.contains("://") }

  private static func key(file: String?) throws -> EndpointKey? {
    guard let file else {
      return ProcessInfo.processInfo.environment["PLUMBLINE_ENDPOINT_KEY"]
        .flatMap { EndpointKey($0) }
    }
    return try EndpointKey(file: file)
  }
}
