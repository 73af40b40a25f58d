import EngineJobs
import Foundation
import LabelServer
import LabelStore
import Logging
import WebServer

/// Runs a server on a free port of this machine while `body` runs.
enum LocalServer {
  static func run<Value: Sendable>(
    store: LabelStore, workspace: Workspace,
    _ body: @escaping @Sendable (_ address: String) async throws -> Value
  ) async throws -> Value {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    // Its end is not an error: the simulation is done.
    let logger = Logger.standardError(.critical)
    let application = try buildApplication(
      ServerDependencies(
        store: store, supervisor: nil,
        settings: ServerSettings(host: "127.0.0.1", port: 0, workspace: workspace.root)),
      logger: logger
    ) { port.yield($0) }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        try await application.run()
        return nil
      }
      group.addTask {
        for await number in ports { return try await body("http://127.0.0.1:\(number)") }
        return nil
      }
      defer { group.cancelAll() }
      while let value = try await group.next() {
        if let value { return value }
      }
      throw Failure(.unavailable, "The server for the simulation did not start.")
    }
  }
}
