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
      logprobs, stream), GET /health and /metrics. It has no sign-in: it listens on this machine \
      alone unless --host says otherwise.
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
  @Flag(help: "Write one JSON object when it listens.") var json = false
  @Flag(help: "Log nothing but errors.") var quiet = false

  func validate() throws {
    guard (0...65535).contains(port) else {
      throw ValidationError("--port must be a number up to 65535.")
    }
    guard slots > 0, queue >= 0, context ?? 2 > 1 else {
      throw ValidationError("--slots and --context must be positive, --queue not negative.")
    }
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
    var logger = Logger(label: "plumbline-engine") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = quiet ? .error : .notice
    let (host, json, quiet) = (host, json, quiet)
    let application = try buildModelApplication(
      folder: URL(filePath: model, directoryHint: .isDirectory), settings: settings,
      logger: logger
    ) { port in
      let address = "http://\(host):\(port)"
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
