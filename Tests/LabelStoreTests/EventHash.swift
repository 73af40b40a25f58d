import Foundation
import GRDB
import Hashing
import PreferenceData

/// The hash of a row of the log as its documentation says, written apart from the store's own code.
enum EventHash {
  static func of(_ row: Row, previous: String) -> String {
    let entry: JSONValue = [
      "createdAt": .integer(row["createdAt"]), "id": .integer(row["id"]),
      "kind": .string(row["kind"]), "payload": .string(row["payload"]),
      "person": (row["personId"] as Int?).map { .integer($0) } ?? .null,
      "previousHash": .string(previous),
      "task": (row["taskId"] as Int?).map { .integer($0) } ?? .null,
    ]
    return SHA256.hash(data: Data(CanonicalJSON.bytes(entry))).hexadecimal
  }
}
