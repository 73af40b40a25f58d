import Hummingbird

extension Router<AppRequestContext> {
  /// Adds the middleware that every request passes before its route: counting, safety headers, the
  /// visitor's language, error responses, and the checks of host and origin.
  package func addChecks(site: Site, settings: ServerSettings, counters: RequestCounters) {
    add(middleware: CountRequests(counters: counters))
    add(middleware: SafetyHeaders(usesTLS: settings.usesTLS))
    add(middleware: ChooseLanguage(languages: site.languages))
    add(middleware: ErrorReplies(site: site, usesTLS: settings.usesTLS))
    add(middleware: OneHost())
    add(middleware: CrossOriginCheck(hosts: KnownHosts(settings)))
  }
}
