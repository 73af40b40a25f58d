import ArgumentParser
import EngineJobs
import Foundation

/// Which policies answer, and how long endpoints are waited for.
struct PolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      "The model that answers (default: the task's newest policy, else the base); repeatable.",
      valueName: "name"))
  var models: [String] = []

  @Option(
    name: .customLong("endpoint"),
    help: ArgumentHelp(
      "An OpenAI-compatible endpoint: http://HOST:PORT/v1, or a name of plumbline.yaml; repeatable.",
      valueName: "url"))
  var endpoints: [String] = []

  @Option(
    help: ArgumentHelp(
      "The file that holds the endpoints' key (also PLUMBLINE_ENDPOINT_KEY).", valueName: "file"))
  var keyFile: String?

  @Option(
    help: ArgumentHelp(
      "How many prompts endpoints are asked at a time (default: 8).", valueName: "count"))
  var concurrency: Int?

  @Option(
    help: ArgumentHelp(
      "Seconds that an endpoint may take to answer (default: 300).", valueName: "seconds"))
  var timeout: Double?

  @Option(
    help: ArgumentHelp("How often a failing request is tried (default: 6).", valueName: "count"))
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

  var patience: Patience {
    var patience = Patience()
    patience.concurrency = concurrency ?? patience.concurrency
    patience.timeout = timeout.map { .seconds($0) } ?? patience.timeout
    patience.tries = tries ?? patience.tries
    return patience
  }

  func policies(
    task: String, settings: Settings, workspace: Workspace
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
