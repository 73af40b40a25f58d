import EngineJobs
import Foundation
import Foundations

/// Checks for data that other people could reach by mistake.
struct Exposure {
  let settings: WorkspaceSettings
  let workspace: Workspace

  init(_ settings: WorkspaceSettings, _ workspace: Workspace) {
    self.settings = settings
    self.workspace = workspace
  }

  /// Warnings to print when the server starts, each with a remedy.
  var warnings: [String] { [encryption, proxy, permissions].compactMap(\.self) }

  private var encryption: String? {
    if settings.usesTLS { return nil }
    if !settings.isOnLoopback {
      return """
        Warning: \(settings.host) is reached without https: passwords, sessions and judgements can \
        be read in transit. See docs/deployment.md.
        """
    }
    guard let host = settings.publicAddress?.host(), !WorkspaceSettings.isLoopback(host) else {
      return nil
    }
    return """
      Warning: the address \(settings.linkAddress) is not https: passwords, sessions and \
      judgements can be read in transit. See docs/deployment.md.
      """
  }

  private var proxy: String? {
    guard settings.publicAddress != nil, settings.proxies.isEmpty else { return nil }
    return """
      Note: the server cannot tell people behind the same proxy apart when it limits password \
      guesses. If your proxy appends to X-Forwarded-For, list it in plumbline.yaml, for example: \
      proxies: [127.0.0.1]
      """
  }

  // A folder that others cannot enter protects everything in it.
  private var permissions: String? {
    guard Self.isOpen(workspace.root, 0o055), Self.isOpen(workspace.store, 0o077) else {
      return nil
    }
    return """
      Warning: other users of this machine can read \(workspace.store.path), with all judgements, \
      names and webhook secrets. Run: chmod -R go-rwx \(Self.quoted(workspace.root.path))
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

extension WorkspaceSettings {
  var usesTLS: Bool { publicAddress?.scheme == "https" }
  var isOnLoopback: Bool { Self.isLoopback(host) }

  static func isLoopback(_ host: String) -> Bool {
    host.lowercased() == "localhost" || IPAddress(host)?.isLoopback ?? false
  }

  /// Throws `Failure` if other machines would be served without encryption and `insecure` is off.
  func checkExposure() throws {
    if isOnLoopback || usesTLS || insecure { return }
    throw Failure(
      .usage,
      """
      will not listen on \(host) without https: passwords and sessions could be read in transit.
      Put a proxy with TLS in front and set the public address, such as \
      --address https://label.example.org (docs/deployment.md shows how). \
      In a network that you trust, use --insecure or “insecure: true” in plumbline.yaml.
      """)
  }
}
