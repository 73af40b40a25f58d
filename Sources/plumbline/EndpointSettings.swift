import EngineJobs
import Foundation
import Yams

/// An endpoint in `plumbline.yaml`: its address, its model, and the place of its key.
struct EndpointSettings: Equatable {
  var url: String
  var model: String
  var keyFile: String?
  /// The environment variable with the key.
  var keyVariable: String?

  static let keys = ["url", "model", "keyFile", "keyVariable"]

  /// Throws `Failure` with the invalid member. `place` is the file or variable it came from.
  init(_ name: String, _ node: Node, place: String) throws {
    let shape = "expected {url: http://HOST:PORT/v1, model: NAME}"
    guard let mapping = node.mapping else {
      throw Failure(.badData, "\(place): endpoints.\(name): \(shape).")
    }
    var members: [String: String] = [:]
    for (key, value) in mapping {
      guard let key = key.string, Self.keys.contains(key), let text = value.scalar?.string else {
        throw Failure(
          .badData,
          """
          \(place): endpoints.\(name).\(key.string ?? "?") is not a setting. \
          Known are: \(Self.keys.joined(separator: ", ")).
          """)
      }
      members[key] = text
    }
    guard let url = members["url"], let model = members["model"] else {
      throw Failure(.badData, "\(place): endpoints.\(name): \(shape).")
    }
    self.url = url
    self.model = model
    keyFile = members["keyFile"]
    keyVariable = members["keyVariable"]
    do {
      _ = try Endpoint(address: url, model: model)
    } catch {
      throw Failure(.badData, "\(place): endpoints.\(name): \(error)")
    }
  }

  /// Returns the endpoint with its key, which is read only when it is needed.
  func endpoint() throws -> Endpoint {
    var key: EndpointKey?
    if let keyFile { key = try EndpointKey(file: keyFile) }
    if let keyVariable {
      guard let text = ProcessInfo.processInfo.environment[keyVariable],
        let found = EndpointKey(text)
      else {
        throw Failure(
          .unavailable, "The endpoint \(url) needs a key in the variable \(keyVariable).")
      }
      key = found
    }
    return try Endpoint(address: url, model: model, key: key)
  }
}

extension EndpointKey {
  /// Reads a key from a file. Throws `Failure` if the file has none.
  init(file: String) throws {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let key = EndpointKey(text)
    else {
      throw Failure(.unavailable, "The file \(file) contains no key.")
    }
    self = key
  }
}
