import HTTPSupport
import Hummingbird
import HummingbirdCore
import Jobs
import Logging
import NIOCore
import ServiceLifecycle
import WebServer
import Webhooks

/// Builds the server, for the program and for the tests.
///
/// The services start before the server listens and stop after it, in the opposite order.
package func buildApplication(
  _ dependencies: ServerDependencies, logger: Logger = Logger(label: "plumbline.server"),
  services: [any Service] = [],
  onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
  let site = try Site(
    files: SiteFiles(folder: dependencies.settings.siteFolder),
    language: dependencies.settings.language, observer: dependencies.templateObserver)
  let counters = RequestCounters()
  let router = Router(context: AppRequestContext.self)
  router.addChecks(site: site, settings: dependencies.settings, counters: counters)
  router.add(middleware: Authentication(dependencies: dependencies))
  for route in allRoutes(dependencies, site: site, counters: counters) {
    router.on(RouterPath(route.path), method: route.method) { request, context in
      try await route.respond(to: request, context)
    }
  }
  let connections = ConnectionTable(limit: dependencies.settings.connectionLimit)
  let idleTimeout = TimeAmount(dependencies.settings.idleTimeout)
  var application = Application(
    router: router,
    server: .http1(
      configuration: .init(
        additionalChannelHandlers: [
          ConnectionGuard(table: connections, patience: idleTimeout)
        ], idleTimeout: idleTimeout)),
    configuration: .init(
      address: .hostname(dependencies.settings.host, port: dependencies.settings.port),
      availableConnectionsDelegate: MaximumAvailableConnections(
        connections.limit + connections.limit / 2)),
    onServerRunning: { channel in
      await onListening(channel.localAddress?.port ?? dependencies.settings.port)
    },
    logger: logger)
  for service in services + [dependencies.imports] { application.addServices(service) }
  if dependencies.settings.deliversWebhooks {
    application.addServices(
      WebhookDispatcher(store: dependencies.store, now: dependencies.now, logger: logger))
  }
  return application
}

/// Every route of the site in one list, which the permission test and the API description use.
package func allRoutes(
  _ dependencies: ServerDependencies, site: Site, counters: RequestCounters
) -> [Route] {
  let store = dependencies.store
  let api: [any RouteGroup] = [
    JudgementsAPI(store: store), TasksAPI(store: store, quality: dependencies.quality),
    PromptsAPI(dependencies: dependencies), ImportsAPI(dependencies: dependencies),
    GoldAPI(store: store),
    AssignmentsAPI(store: store, now: dependencies.now), ReviewAPI(store: store),
    ExportAPI(store: store), RunsAPI(dependencies: dependencies),
    WebhooksAPI(dependencies: dependencies), PeopleAPI(dependencies: dependencies),
    AccountAPI(dependencies: dependencies), SamplingsAPI(dependencies: dependencies),
    WorkspaceAPI(dependencies: dependencies),
  ]
  let pages: [any RouteGroup] = [
    AssetFiles(site: site),
    SignIn(dependencies: dependencies, site: site),
    Invitations(dependencies: dependencies, site: site),
    Home(dependencies: dependencies, site: site),
    Guidelines(store: store, site: site),
    LabellingPages(dependencies: dependencies, site: site),
    TaskPages(dependencies: dependencies, site: site),
    ReviewPages(dependencies: dependencies, site: site),
    LabellerPages(dependencies: dependencies, site: site),
    TaskSettingsPages(dependencies: dependencies, site: site),
    ImportPages(dependencies: dependencies, site: site),
    ExportPages(dependencies: dependencies, site: site),
    AccountPages(dependencies: dependencies, site: site),
    PeoplePages(dependencies: dependencies, site: site),
    WebhookPages(dependencies: dependencies, site: site),
    SamplingPages(dependencies: dependencies, site: site),
    GoldPages(dependencies: dependencies, site: site),
    AuditPages(dependencies: dependencies, site: site),
    BackupPages(dependencies: dependencies, site: site),
    RunPages(dependencies: dependencies, site: site),
  ]
  let described = api.flatMap(\.routes)
  let state = ServerStateAPI(store: store, counters: counters, described: described)
  return described + state.routes + pages.flatMap(\.routes)
}
