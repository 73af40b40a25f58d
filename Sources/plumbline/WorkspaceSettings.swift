import EngineJobs
import Foundation
import Foundations
import Labelling
import PreferenceData
import Yams

/// The settings of `plumbline.yaml`. `PLUMBLINE_<KEY>` in the environment overrides each key.
struct WorkspaceSettings: Equatable {
  /// The address to listen on. Default: loopback.
  var host = "127.0.0.1"
  var port = 8080
  /// The public address of the server behind a proxy. With https, cookies are secure.
  var publicAddress: URL?
  /// Whether other machines may connect without encryption.
  var insecure = false
  /// Proxies that append the client's address to `X-Forwarded-For`.
  var proxies: [AddressRange] = []
  /// The language of people who have not chosen one.
  var language = "en"
  /// The model that answers and is trained by default.
  var base = WorkspaceModel.defaultBase
  /// The path of plumbline-engine, if it is not beside plumbline.
  var engine: String?
  /// Endpoints that may generate answers, by name.
  var endpoints: [String: EndpointSettings] = [:]

  static let keys = [
    "host", "port", "address", "insecure", "proxies", "language", "base", "engine", "endpoints",
  ]

  init() {}

  /// Throws `Failure` with the invalid key.
  init(file: URL, environment: [String: String]) throws {
    var members: [String: (node: Node, place: String)] = [:]
    if let text = try? String(contentsOf: file, encoding: .utf8) {
      // A file that contains only comments is an empty document, not a mapping.
      let node = try Self.parsed(text, file.path).flatMap { $0.null == nil ? $0 : nil }
      guard let mapping = node.map(\.mapping) ?? Node.Mapping([]) else {
        throw Failure(.badData, "\(file.path): expected lines such as “port: 8080”.")
      }
      for (key, value) in mapping {
        guard let name = key.string, Self.keys.contains(name) else {
          throw Failure(
            .badData,
            """
            \(file.path): “\(key.string ?? "?")” is not a setting. \
            Known are: \(Self.keys.joined(separator: ", ")).
            """)
        }
        members[name] = (value, file.path)
      }
    }
    for key in Self.keys {
      let variable = Self.variable(key)
      guard let value = environment[variable] else { continue }
      let node = key == "endpoints" ? try Self.parsed(value, variable) : Node(value)
      members[key] = (node ?? Node(""), variable)
    }
    try apply(members)
  }

  /// The environment variable of a key.
  static func variable(_ key: String) -> String { "PLUMBLINE_\(key.uppercased())" }

  private static func parsed(_ text: String, _ place: String) throws -> Node? {
    do {
      return try PlainYAML.compose(text)
    } catch {
      throw Failure(.badData, "\(place): the text \(error).")
    }
  }

  private mutating func apply(_ members: [String: (node: Node, place: String)]) throws {
    func text(_ key: String, _ expected: String) throws -> String? {
      guard let (node, place) = members[key] else { return nil }
      guard let text = node.scalar?.string, !text.isEmpty else {
        throw Failure(.badData, "\(place): the setting \(key) must be \(expected).")
      }
      return text
    }
    if let text = try text("host", "an address to listen on") { host = Self.host(text) }
    base = try text("base", "the name of a model") ?? base
    engine = try text("engine", "the path of plumbline-engine")
    if let text = try text("language", "a language such as en or zh-Hans") { language = text }
    if let text = try text("port", "a number up to 65535") {
      guard let port = Int(text), (0...65535).contains(port) else {
        throw Failure(.badData, "The setting port is “\(text)”. Use a number up to 65535.")
      }
      self.port = port
    }
    if let text = try text("address", "where people reach the server") {
      publicAddress = try Self.publicAddress(text)
    }
    if let text = try text("insecure", "true or false") {
      guard let insecure = Bool(text) else {
        throw Failure(
          .badData, "The setting insecure is “\(text)”. Use true or false.")
      }
      self.insecure = insecure
    }
    if let (node, place) = members["proxies"] {
      // In the environment, and as one word in the file, commas separate the addresses.
      let texts =
        node.sequence.map { $0.map { $0.string ?? "" } }
        ?? (node.string ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
      proxies = try texts.map { try Self.proxy($0, place) }
    }
    if let (node, place) = members["endpoints"] {
      guard let mapping = node.mapping else {
        throw Failure(.badData, "\(place): endpoints: expected NAME: {url: …, model: …}.")
      }
      for (key, value) in mapping {
        guard let name = key.string, !name.contains("://"), !name.isEmpty else {
          throw Failure(.badData, "\(place): an endpoint's name is a word, not an address.")
        }
        endpoints[name] = try EndpointSettings(name, value, place: place)
      }
    }
  }

  /// Reads the public address of the server. Throws `Failure` if it is invalid.
  static func publicAddress(_ text: String) throws -> URL {
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""),
      url.host()?.isEmpty == false, NetworkPort.isUsable(in: text), url.query() == nil,
      url.fragment() == nil, url.user() == nil
    else {
      throw Failure(
        .badData,
        "The setting address is “\(text)”. Use an address such as https://label.example.org.")
    }
    guard ["", "/"].contains(url.path()) else {
      throw Failure(
        .badData,
        """
        The setting address is “\(text)”, with the path \(url.path()). Plumbline cannot be served \
        under a path, because its pages and cookies begin at /. Give it a separate name or port, \
        such as https://label.example.org.
        """)
    }
    return url
  }

  /// Returns an address to listen on; an IPv6 address may have brackets, as in links.
  static func host(_ text: String) -> String {
    text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
  }

  /// Reads the address of a proxy. Throws `Failure` if it is invalid.
  static func proxy(_ text: String, _ place: String) throws -> AddressRange {
    guard let range = AddressRange(text) else {
      throw Failure(
        .badData,
        "\(place): “\(text)” is not a proxy. Use addresses such as 127.0.0.1 or 10.0.0.0/8.")
    }
    return range
  }

  /// The file that `plumbline init` writes: every key with its default, commented out.
  static let template = """
    # Settings of this workspace. A flag or PLUMBLINE_<KEY> in the environment overrides each one.
    # host: 127.0.0.1                  # the address to listen on
    # port: 8080
    # address: https://label.example.org   # public address behind a proxy
    # proxies: [127.0.0.1]             # proxies that append to X-Forwarded-For
    # insecure: false                  # true allows other machines without https
    # language: en                     # default language: en or zh-Hans
    # base: smollm2-135m-instruct      # the default model
    # engine: /path/to/plumbline-engine
    # endpoints:                       # for `plumbline sample --endpoint NAME`
    #   vllm: {url: http://127.0.0.1:8000/v1, model: Qwen/Qwen3-8B}
    #   hosted: {url: https://api.example.org/v1, model: large, keyVariable: HOSTED_KEY}

    """
}
