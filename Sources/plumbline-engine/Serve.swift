import Alignment
import ArgumentParser
import Foundation
import LanguageModels
import Logging
import ModelServer
import Torch

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a model with OpenAI's HTTP API.",
    discussion: """
      GET /v1/models, POST /v1/chat/completions and /v1/completions (text or token ids, echo, \
      logprobs, stream), GET /health and /metrics. All clients share one batch. The server listens \
      on the loopback address unless --host is set. It requires a key only if one is set, with the \
      environment variable PLUMBLINE_API_KEY or --api-key-file. Pages of other websites are refused \
      unless --allow-origin names them. If a request omits temperature, top_p, top_k, min_p or \
      repetition_penalty, the value of the model's generation_config.json applies.
      """)

  @Option(help: "Model folder.") var model: String
  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @Option(help: "Port; 0 chooses a free one.") var port = 8000
  @Option(help: "Model name for clients (default: the folder's name).") var name: String?
  @Option(help: "Answers generated at a time.") var slots = 16
  @Option(
    help:
      "Length limit of a prompt with its answer, in tokens (default: the model's, at most 8192).")
  var context: Int?
  @Option(help: "Requests that may wait; further ones get status 429.") var queue = 256
  @Option(help: "Number type: auto, fp32 or bf16.") var precision = Precision.automatic
  @OptionGroup var template: ChatTemplateArguments
  @Option(
    help:
      "Website whose pages may send requests, for example https://chat.example.org, or *. Repeatable."
  )
  var allowOrigin: [String] = []
  @Option(help: "Additional host name of the server, or *. Repeatable.")
  var allowHost: [String] = []
  @Option(help: "File with the key that clients must send as a bearer token.")
  var apiKeyFile: String?
  @Option(
    help: "Key. Other users of the machine can read it in the process list.")
  var apiKey: String?
  @Flag(help: "Default to temperature 1 without filters instead of generation_config.json.")
  var ignoreGenerationConfig = false
  @Flag(help: "Write one JSON object when the server is ready.") var json = false
  @Flag(help: "Log only errors.") var quiet = false

  func validate() throws {
    guard (0...65535).contains(port) else {
      throw ValidationError("--port must be a number up to 65535.")
    }
    guard (1...4096).contains(slots), (0...1_000_000).contains(queue), context ?? 2 > 1 else {
      throw ValidationError(
        "--slots must be between 1 and 4096, --queue between 0 and 1000000, and --context at "
          + "least 2.")
    }
    for origin in allowOrigin where origin != "*" && origin != "null" && !origin.contains("://") {
      throw ValidationError(
        "--allow-origin \(origin): use scheme and host, for example https://\(origin), or *.")
    }
    guard apiKey == nil || apiKeyFile == nil else {
      throw ValidationError("Use --api-key or --api-key-file, not both.")
    }
  }

  /// Returns the key from the command line, the file or the environment.
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
        "The API key must be one word of printable ASCII characters. Choose another key.")
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
    settings.chatTemplate = template.chatTemplate
    settings.access.hosts = allowHost
    settings.access.origins = allowOrigin
    settings.access.key = try key()
    settings.usesGenerationSettings = !ignoreGenerationConfig
    if settings.access.key == nil, !["127.0.0.1", "localhost", "::1"].contains(host), !quiet {
      Console.error(
        "Anyone who can reach \(host) can use the model. Set PLUMBLINE_API_KEY to require a key.")
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
        reason:
          "the server cannot listen there: \(error). Choose another --port, or 0 for a free one."
      )
    }
  }
}
