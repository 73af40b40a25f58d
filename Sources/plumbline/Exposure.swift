import EngineJobs
import Foundation
import Foundations

/// What others could get at that nobody meant them to.
struct Exposure {
  let settings: Settings
  let workspace: Workspace

  init(_ settings: Settings, _ workspace: Workspace) {
    self.settings = settings
    self.workspace = workspace
  }

  /// What to say when the server starts, each with what to do.
  var warnings: [String] { [encryption, proxy, permissions].compactMap(\.self) }

  private var encryption: String? {
    if settings.usesTLS { return nil }
    if !settings.isOnLoopback {
      return """
        Warning: \(settings.host) is reached without https: passwords, sessions and judgements can be \
        read on the way. See docs/deployment.md.
        """
    }
    guard let host = settings.publicAddress?.host(), !Settings.isLoopback(host) else { return nil }
    return """
      Warning: the address \(settings.linkAddress) is not https: passwords, sessions and judgements \
      can be read on the way. See docs/deployment.md.
      """
  }

  private var proxy: String? {
    guard settings.publicAddress != nil, settings.proxies.isEmpty else { return nil }
    return """
      Note: who guesses passwords is not told from others behind the same proxy. If yours appends to \
      X-Forwarded-For, name it in plumbline.yaml, for instance: proxies: [127.0.0.1]
      """
  }

  // A folder that others cannot enter keeps everything in it.
  private var permissions: String? {
    guard Self.isOpen(workspace.root, 0o055), Self.isOpen(workspace.store, 0o077) else {
      return nil
    }
    return """
      Warning: other users of this machine can read \(workspace.store.path), with everybody's work, \
      names and secrets of webhooks. Run: chmod -R go-rwx \(Self.quoted(workspace.root.path))
      """
  }

  private static func isOpen(_ url: URL, _ bits: Int) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
    return mode & bits != 0
  }

  private static func quoted(_ path: String) -> String {
    path.contains(#/[^\w\/.-]/#) ? "'\(path.replacing("'", with: "'\\''"))'" : path
  }
}

extension Settings {
  var usesTLS: Bool { publicAddress?.scheme == "https" }
  var isOnLoopback: Bool { Self.isLoopback(host) }

  static func isLoopback(_ host: String) -> Bool {
    host.lowercased() == "localhost" || IPAddress(host)?.isLoopback ?? false
  }

  /// Refuses to serve other machines without encryption, unless asked to; throws `Failure`.
  func checkExposure() throws {
    if isOnLoopback || usesTLS || insecure { return }
    throw Failure(
      .usage,
      """
      will not listen on \(host) without https: passwords and sessions could be read on the way.
      Put a proxy with TLS before it and say at which address people reach it, such as \
      --address https://label.example.org (docs/deployment.md shows how). \
      In a network that you trust: --insecure, or “insecure: true” in plumbline.yaml.
      """)
  }
}
