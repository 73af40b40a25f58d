import Foundation
import LabelServer
import PreferenceData
import Yams

/// What `plumbline.yaml` says, each key overridden by `PLUMBLINE_<KEY>`.
struct Settings: Codable, Equatable {
  /// The address to listen on; loopback unless said otherwise.
  var host = "127.0.0.1"
  var port = 8080
  /// The model that answers and is trained when none is named.
  var base = ModelFolder.defaultBase
  /// Where plumbline-engine is, when it is not beside plumbline.
  var engine: String?

  init() {}

  /// Throws `Failure` with the key that is wrong.
  init(file: URL, environment: [String: String]) throws {
    var members: [String: String] = [:]
    if let text = try? String(contentsOf: file, encoding: .utf8) {
      // A file of comments alone is an empty document, not a mapping.
      let node = try Yams.compose(yaml: text).flatMap { $0.null == nil ? $0 : nil }
      guard let mapping = node.map(\.mapping) ?? Node.Mapping([]) else {
        throw Failure(.badData, "\(file.path): expected lines such as “port: 8080”.")
      }
      for (key, value) in mapping {
        guard let name = key.string, let text = value.scalar?.string, Self.keys.contains(name)
        else {
          throw Failure(
            .badData,
            """
            \(file.path): “\(key.string ?? "?")” is not a setting. \
            Known are: \(Self.keys.joined(separator: ", ")).
            """)
        }
        members[name] = text
      }
    }
    for key in Self.keys {
      if let value = environment["PLUMBLINE_\(key.uppercased())"] { members[key] = value }
    }
    try apply(members)
  }

  static let keys = ["host", "port", "base", "engine"]

  private mutating func apply(_ members: [String: String]) throws {
    host = members["host"] ?? host
    base = members["base"] ?? base
    engine = members["engine"]
    if let text = members["port"] {
      guard let port = Int(text), (0...65535).contains(port) else {
        throw Failure(.badData, "The setting port is “\(text)”; it must be a number up to 65535.")
      }
      self.port = port
    }
  }

  /// What `plumbline init` writes: every key, with its default, commented out.
  static let template = """
    # Settings of this workspace. Each is also a flag, and PLUMBLINE_<KEY> in the environment.
    # host: 127.0.0.1                  # the address to listen on
    # port: 8080
    # base: smollm2-135m-instruct      # the model that answers and is trained when none is named
    # engine: /path/to/plumbline-engine

    """
}
