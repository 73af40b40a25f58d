import LabelStore
import Logging
import ServiceLifecycle

/// Keeps the search index of the store up to date while the server runs.
package struct SearchIndexing: Service {
  private let store: LabelStore
  private let logger: Logger

  package init(store: LabelStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      // Below the priority of requests.
      await withTaskGroup(of: Void.self) { group in
        group.addTask(priority: .background) { await index() }
      }
    }
    try? await gracefulShutdown()
  }

  private func index() async {
    do {
      try await store.keepIndexing()
    } catch is CancellationError {
    } catch {
      logger.error("Search does not find new texts", metadata: ["reason": "\(error)"])
    }
  }
}

/// Completes the imports that a crash interrupted, while people label.
package struct ImportRecovery: Service {
  private let store: LabelStore
  private let logger: Logger

  package init(store: LabelStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      do {
        try await store.finishImports()
      } catch is CancellationError {
      } catch {
        logger.error("Cannot complete an import", metadata: ["reason": "\(error)"])
      }
    }
    // A service that returns would end the server.
    try? await gracefulShutdown()
  }
}
