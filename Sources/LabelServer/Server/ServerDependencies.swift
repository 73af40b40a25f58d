import Credentials
import Foundation
import Jobs
import LabelStore
import Labelling

/// Called with each page and the name of its template before it is rendered.
package typealias TemplateObserver = @Sendable (_ page: Any, _ template: String) -> Void

/// The dependencies of the server, which tests can replace.
public struct ServerDependencies: Sendable {
  public var store: LabelStore
  public var supervisor: (any RetrainingSupervising)?
  /// Samples responses. Without it, the server offers no sampling.
  package var sampling: (any SamplingSupervising)?
  public var settings: ServerSettings
  /// The current time.
  public var now: @Sendable () -> Date
  /// Cryptographically secure random bytes.
  public var randomBytes: @Sendable (Int) -> [UInt8]
  package var templateObserver: TemplateObserver?
  let statistics: ReportCache<TaskStatistics>
  let quality: ReportCache<QualityReport>
  package let imports: ImportJobs
  let signInThrottle = SignInThrottle()
  let passwords = PasswordQueue()

  public init(
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
