import PreferenceData

/// Describes the API in OpenAPI 3.1, from the routes themselves.
enum APIDescription {
  static func openAPI(_ routes: [Route]) -> JSONValue {
    var paths: [String: [String: JSONValue]] = [:]
    for route in routes where route.audience == .api {
      paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Plumbline", "version": "1",
        "description": "Labelling work, preference data and retraining runs.",
      ],
      "security": [["token": []], ["session": []]],
      "paths": .object(paths.mapValues { .object($0) }),
      "components": [
        "securitySchemes": [
          "token": ["type": "http", "scheme": "bearer"],
          "session": ["type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name)],
        ],
        "responses": [
          "Problem": [
            "description": "What went wrong, and what to do.",
            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
          ]
        ],
        "schemas": schemas,
      ],
    ]
  }

  private static func operation(_ route: Route) -> JSONValue {
    var operation: [String: JSONValue] = [
      "summary": .string(route.summary),
      "responses": [
        "2XX": ["description": "Done."],
        "default": ["$ref": "#/components/responses/Problem"],
      ],
      "x-roles": .array(
        Visitor.Standing.allCases.filter(route.policy.allowed.contains)
          .map { .string($0.rawValue) }),
    ]
    let names = route.path.matches(of: #/\{(\w+)\}/#).map { String($0.1) }
    if !names.isEmpty {
      operation["parameters"] = .array(
        names.map {
          [
            "name": .string($0), "in": "path", "required": true, "schema": ["type": "string"],
          ]
        })
    }
    if route.policy == .everyone { operation["security"] = [] }
    if route.path.hasSuffix("/judgement") || route.path.hasSuffix("/draft") {
      operation["requestBody"] = [
        "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Judgement"]]]
      ]
    }
    return .object(operation)
  }

  private static let schemas: JSONValue = [
    "Problem": [
      "type": "object", "required": ["error"],
      "properties": [
        "error": [
          "type": "object", "required": ["code", "message", "requestId"],
          "properties": [
            "code": ["type": "string"], "message": ["type": "string"],
            "field": ["type": "string"], "requestId": ["type": "string"],
          ],
        ]
      ],
    ],
    "Judgement": [
      "type": "object",
      "properties": [
        "ranking": [
          "type": "array", "description": "Best first; letters that share a group tie.",
          "items": ["type": "array", "items": ["type": "string"]],
        ],
        "ratings": ["type": "object", "additionalProperties": ["type": "integer"]],
        "flags": [
          "type": "object",
          "additionalProperties": ["type": "array", "items": ["type": "string"]],
        ],
        "promptFlags": ["type": "array", "items": ["type": "string"]],
        "strength": ["type": "integer"], "confidence": ["type": "integer"],
        "rationale": ["type": "string"], "demonstration": ["type": "string"],
        "activeSeconds": ["type": "number"],
      ],
    ],
  ]
}
