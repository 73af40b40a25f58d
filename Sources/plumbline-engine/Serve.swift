import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import Logging
import ModelServer
import Torch

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves a model with OpenAI's routes, all clients in one batch.",
    discussion: """
      GET /v1/models, POST /v1/chat/completions and /v1/completions (text or token ids, echo, \
      logprobs, stream), GET /health and /metrics. It listens on this machine alone unless --host \
      says otherwise, and asks for no key unless it is given one: in the environment variable \
      PLUMBLINE_API_KEY, or with --api-key-file. Pages of other websites are refused unless \
      --allow-origin names them. Temperature, top_p, top_k, min_p and repetition_penalty of the \
      model's generation_config.json apply where a request leaves them out.
      """)

  @Option(help: "The folder of the model.") var model: String
  @Option(help: "The address to listen on.") var host = "127.0.0.1"
  @Option(help: "The port; 0 takes any that is free.") var port = 8000
  @Option(help: "The name that clients ask for (default: that of the folder).") var name: String?
  @Option(help: "Answers written at once.") var slots = 16
  @Option(help: "Tokens of a prompt with its answer (default: the model's, at most 8192).")
  var context: Int?
  @Option(help: "Requests that may wait; more get status 429.") var queue = 256
  @Option(help: "auto, fp32 or bf16.") var precision = Precision.automatic
  @Option(
    help: "A website whose pages may ask, such as https://chat.example.org; * is any. Repeatable.")
  var allowOrigin: [String] = []
  @Option(help: "Another name that clients reach the server by; * is any. Repeatable.")
  var allowHost: [String] = []
  @Option(help: "The file with the key that clients must send as a bearer token.")
  var apiKeyFile: String?
  @Option(
    help: "The key itself, which other users of the machine can read in the list of processes.")
  var apiKey: String?
  @Flag(help: "Sample at temperature 1, without filters, where a request does not say.")
  var ignoreGenerationConfig = false
  @Flag(help: "Write one JSON object when it listens.") var json = false
  @Flag(help: "Log nothing but errors.") var quiet = false

  func validate() throws {
    guard (0...65535).contains(port) else {
      throw ValidationError("--port must be a number up to 65535.")
    }
    guard (1...4096).contains(slots), (0...1_000_000).contains(queue), context ?? 2 > 1 else {
      throw ValidationError(
        "--slots must lie between 1 and 4096, --queue between 0 and 1000000, and --context be at "
          + "least 2.")
    }
    for origin in allowOrigin where origin != "*" && origin != "null" && !origin.contains("://") {
      throw ValidationError(
        "--allow-origin \(origin): give scheme and host, such as https://\(origin), or *.")
    }
    guard apiKey == nil || apiKeyFile == nil else {
      throw ValidationError("Give --api-key or --api-key-file, not both.")
    }
  }

  /// The key of the command line, of the file, or of the environment.
  private func key() throws -> String? {
    var key = apiKey
    if let apiKeyFile {
      guard let data = FileManager.default.contents(atPath: apiKeyFile) else {
        throw LanguageModelError.inaccessible(path: apiKeyFile, reason: "cannot be read")
      }
      key = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    } else if key == nil, let variable = ProcessInfo.processInfo.environment["PLUMBLINE_API_KEY"],
      !variable.isEmpty
    {
      key = variable
    }
    guard let key else { return nil }
    guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ValidationError(
        "The API key must be one word of printable ASCII characters; the one given is not.")
    }
    return key
  }

  func run() async throws {
    var settings = ModelServerSettings()
    settings.host = host
    settings.port = port
    settings.name = name
    settings.slots = slots
    settings.contextLength = context
    settings.queueLimit = queue
    settings.precision = precision
    settings.access.hosts = allowHost
    settings.access.origins = allowOrigin
    settings.access.key = try key()
    settings.usesGenerationSettings = !ignoreGenerationConfig
    if settings.access.key == nil, !["127.0.0.1", "localhost", "::1"].contains(host), !quiet {
      Console.error(
        "Whoever reaches \(host) can use the model without a key; PLUMBLINE_API_KEY sets one.")
    }
    var logger = Logger(label: "plumbline-engine") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = quiet ? .error : .notice
    let (host, json, quiet) = (host, json, quiet)
    let application = try buildModelApplication(
      folder: URL(filePath: model, directoryHint: .isDirectory), settings: settings,
      logger: logger
    ) { port in
      let address = host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
      if json {
        try? Console.line(json: ["listening": address])
      } else if !quiet {
        Console.error("The model listens on \(address)/v1   (Ctrl-C ends it)")
      }
    }
    do {
      try await application.runService()
    } catch let error where !(error is CancellationError) {
      throw LanguageModelError.inaccessible(
        path: "\(host):\(port)",
        reason: "cannot be listened on: \(error). Choose another --port, or 0 for any that is free."
      )
    }
  }
}
