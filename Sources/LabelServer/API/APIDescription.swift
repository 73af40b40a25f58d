import Foundation
import PreferenceData
import WebServer
import Yams

/// The description of the API in OpenAPI 3.1: `openapi.yaml`, with the roles of the routes.
package enum APIDescription {
  /// The document that the server sends.
  package static func document(for routes: [Route]) throws -> JSONValue {
    var document = try written.get()
    var paths: [String: JSONValue] = [:]
    for route in routes where route.audience == .api {
      let method = route.method.rawValue.lowercased()
      var operation = document["paths"]?[route.path]?[method]?.objectValue ?? [:]
      operation["summary"] = .string(route.summary)
      operation["x-roles"] = .array(
        VisitorRole.allCases.filter(route.permission.allowed.contains)
          .map { .string($0.rawValue) })
      if route.permission == .everyone { operation["security"] = [] }
      operation["responses"] = .object(
        responses(
          operation["responses"], of: route, hasBody: operation["requestBody"] != nil))
      var path = paths[route.path]?.objectValue ?? ["parameters": parameters(of: route)]
      path[method] = .object(operation)
      paths[route.path] = .object(path)
    }
    document["paths"] = .object(paths)
    return .object(document)
  }

  /// The paths and methods that `openapi.yaml` describes.
  package static func describedOperations() throws -> Set<String> {
    let paths = try written.get()["paths"]?.objectValue ?? [:]
    return Set(
      paths.flatMap { path, operations in
        (operations.objectValue ?? [:]).keys.map { "\($0) \(path)" }
      })
  }

  private static func parameters(of route: Route) -> JSONValue {
    .array(
      route.path.matches(of: #/\{(\w+)\}/#).map { match in
        [
          "name": .string(String(match.1)), "in": "path", "required": true,
          "schema": ["type": "string"],
        ]
      })
  }

  // The permission decides which refusals are possible.
  private static func responses(
    _ written: JSONValue?, of route: Route, hasBody: Bool
  ) -> [String: JSONValue] {
    var responses = written?.objectValue ?? [:]
    let problem: JSONValue = ["$ref": "#/components/responses/Problem"]
    if !route.permission.allowed.contains(.guest) { responses["401"] = problem }
    if route.permission != .everyone && route.permission != .signedIn { responses["403"] = problem }
    if route.method != .get { responses["403"] = problem }
    if route.path.contains("{") { responses["404"] = problem }
    // Every request can have invalid framing or an invalid query.
    let always = hasBody ? ["400", "413", "415", "422"] : ["400"]
    for status in always where responses[status] == nil { responses[status] = problem }
    return responses
  }

  private static let written = Result<[String: JSONValue], any Error> {
    let file = Bundle.module.bundleURL.appending(path: "openapi.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    guard let node = try Yams.compose(yaml: text), let members = JSONValue(node).objectValue else {
      throw CocoaError(.fileReadCorruptFile, userInfo: [NSFilePathErrorKey: file.path])
    }
    return members
  }
}

extension JSONValue {
  /// Converts a YAML value to JSON; plain scalars become numbers, booleans or null.
  fileprivate init(_ node: Node) {
    switch node {
    case .mapping(let mapping):
      self = .object(
        Dictionary(mapping.map { ($0.key.string ?? "", JSONValue($0.value)) }) { $1 })
    case .sequence(let sequence): self = .array(sequence.map { JSONValue($0) })
    case .scalar(let scalar):
      if scalar.style != .plain {
        self = .string(scalar.string)
      } else if let number = node.int {
        self = .integer(number)
      } else if let number = node.float {
        self = .number(number)
      } else if let flag = node.bool {
        self = .bool(flag)
      } else {
        self = node.null == nil ? .string(scalar.string) : .null
      }
    case .alias: self = .null
    }
  }
}
