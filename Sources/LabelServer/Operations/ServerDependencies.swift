import Credentials
import Foundation
import Jobs
import LabelStore
import Labelling
import WebServer

/// The dependencies of the server, which tests can replace.
package struct ServerDependencies: Sendable {
  package var store: LabelStore
  package var supervisor: (any RetrainingSupervising)?
  /// Samples responses. Without it, the server offers no sampling.
  package var sampling: (any SamplingSupervising)?
  package var settings: ServerSettings
  /// The current time.
  package var now: @Sendable () -> Date
  /// Cryptographically secure random bytes.
  package var randomBytes: @Sendable (Int) -> [UInt8]
  package var templateObserver: TemplateObserver?
  let statistics: ReportCache<TaskStatistics>
  let quality: ReportCache<QualityReport>
  package let imports: ImportJobs
  let signInThrottle = SignInThrottle()
  let passwords = PasswordQueue()

  package init(
    store: LabelStore, supervisor: (any RetrainingSupervising)?, settings: ServerSettings,
    now: @escaping @Sendable () -> Date = { Date() },
    randomBytes: @escaping @Sendable (Int) -> [UInt8] = { count in
      var generator = SystemRandomNumberGenerator()
      return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
  ) {
    self.store = store
    imports = ImportJobs(store: store)
    statistics = ReportCache(store: store) {
      try await TaskStatistics.count($0, in: store, at: now())
    }
    quality = ReportCache(store: store) { try await store.quality(of: $0.id) }
    self.supervisor = supervisor
    self.settings = settings
    self.now = now
    self.randomBytes = randomBytes
  }

  func secret() -> Secret { Secret(bytes: randomBytes(32)) }
}
