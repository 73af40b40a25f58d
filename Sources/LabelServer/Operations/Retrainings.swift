import Jobs
import WebServer

extension ServerDependencies {
  func retraining() throws -> any RetrainingSupervising {
    guard let supervisor else {
      throw WebError(
        .serviceUnavailable, code: "engineMissing",
        message: "This server cannot start runs: the engine is not set up. Run scripts/start.")
    }
    return supervisor
  }

  /// Returns the run of a route.
  func run(_ context: AppRequestContext) async throws -> RetrainingRun {
    guard let run = try await supervisor?.run(context.parameter("id")) else {
      throw WebError.notFound
    }
    return run
  }

  func startRun(_ request: RetrainingRequest) async throws -> String {
    try await retraining().start(request)
  }
}
