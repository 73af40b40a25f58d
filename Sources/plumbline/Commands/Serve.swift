import ArgumentParser
import EngineJobs
import Foundation
import HTTPSupport
import Jobs
import LabelServer
import LabelStore
import Logging
import ServiceLifecycle
import WebServer

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the pages and the HTTP API of the workspace.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup var engineOptions: EngineLocation
  @OptionGroup var address: AddressOptions

  func run() async throws {
    let store = try shared.openStore()
    try await serve(store, shared, engineOptions, address.applied(to: shared.settings())) { _, _ in
    }
  }
}

/// The options for the address to listen on.
struct AddressOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Address to listen on (default: 127.0.0.1).", valueName: "address"))
  var host: String?
  @Option(
    help: ArgumentHelp("Port; 0 chooses a free one (default: 8080).", valueName: "number"))
  var port: Int?
  @Option(
    name: .customLong("address"),
    help: ArgumentHelp(
      "Public address behind a proxy, such as https://label.example.org.",
      valueName: "url"))
  var publicAddress: String?
  @Option(
    name: .customLong("proxy"),
    help: ArgumentHelp(
      "Proxy that appends the client's address to X-Forwarded-For. Repeatable.",
      valueName: "address"))
  var proxies: [String] = []
  @Flag(help: "Allow other machines to connect without https.") var insecure = false
  @Option(
    help: ArgumentHelp(
      "Default language of the interface: en or zh-Hans (default: en).", valueName: "tag"))
  var language: String?

  func applied(to settings: WorkspaceSettings) throws -> WorkspaceSettings {
    var settings = settings
    settings.host = host.map(WorkspaceSettings.host) ?? settings.host
    settings.port = port ?? settings.port
    settings.language = language ?? settings.language
    if let publicAddress {
      settings.publicAddress = try WorkspaceSettings.publicAddress(publicAddress)
    }
    if insecure { settings.insecure = true }
    if !proxies.isEmpty {
      settings.proxies = try proxies.map { try WorkspaceSettings.proxy($0, "--proxy") }
    }
    try settings.checkExposure()
    return settings
  }

  func validate() throws {
    if let port, !(0...65535).contains(port) {
      throw ValidationError("--port must be a number up to 65535.")
    }
  }
}

/// Returns the folder of templates and assets to read instead of the bundled ones. For people who
/// work on the pages: a change shows on reload, without a build (CONTRIBUTING.md).
private func developmentFolder() -> URL? {
  ProcessInfo.processInfo.environment["PLUMBLINE_RESOURCES"].map {
    URL(filePath: $0, directoryHint: .isDirectory)
  }
}

/// Serves until the program is stopped. Calls `onListening` with the actual address and with what
/// starts samplings on this server.
func serve(
  _ store: LabelStore, _ shared: SharedOptions, _ engineOptions: EngineLocation,
  _ settings: WorkspaceSettings,
  onListening: @escaping @Sendable (WorkspaceSettings, SamplingJobs) async throws -> Void
) async throws {
  let logger = Logger.standardError(shared.quiet ? .error : .notice)
  let workspace = shared.workspacePaths
  let supervisor = RetrainingSupervisor(
    workspace: workspace, store: store, base: settings.base,
    engine: { try engineOptions.engine(settings: settings) }, logger: logger)
  let sampling = SamplingJobs(
    workspace: workspace, store: store,
    endpoints: settings.endpoints.sorted { $0.key < $1.key }.map { name, known in
      NamedEndpoint(name: name) { try known.endpoint() }
    }, engine: { try engineOptions.engine(settings: settings) })
  var dependencies = ServerDependencies(
    store: store, supervisor: supervisor,
    settings: ServerSettings(
      host: settings.host, port: settings.port, workspace: workspace.root,
      publicAddress: settings.publicAddress, language: settings.language,
      siteFolder: developmentFolder(),
      deliversWebhooks: true))
  dependencies.sampling = sampling
  dependencies.settings.proxies = settings.proxies
  dependencies.settings.connectionLimit = FileDescriptors.connections(
    limit: FileDescriptors.raiseLimit())
  for warning in Exposure(settings, workspace).warnings { shared.console.note(warning) }
  let console = shared.console
  let services: [any Service] = [
    ImportRecovery(store: store, logger: logger), SearchIndexing(store: store, logger: logger),
    supervisor, sampling,
  ]
  let application = try buildApplication(dependencies, logger: logger, services: services) { port in
    var listening = settings
    listening.port = port
    do {
      try console.result(["listening": listening.address])
      console.say("Plumbline listens on \(listening.address)   (press Ctrl-C to stop)")
      let admins = try await store.people().filter { $0.role == .admin }
      if let first = admins.first, !admins.contains(where: \.hasPassword) {
        console.say(
          """
          No admin has signed in yet. Open the link from plumbline init at this address, or create \
          another: plumbline user reset \(first.name)
          """)
      }
      try await onListening(listening, sampling)
    } catch {
      Console.standardError("plumbline: \(error)")
    }
  }
  do {
    try await application.runService()
  } catch {
    throw Failure(
      .unavailable,
      """
      cannot listen on \(settings.listeningOn): \(error)
      Choose another port with --port, or a free one with --port 0.
      """)
  }
}
