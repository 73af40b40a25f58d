import GRDB

/// The schema of a store, as `schema.sql` states it.
package enum Schema {
  /// The text of `schema.sql`.
  package static var sql: String { String(decoding: PackageResources.schema_sql, as: UTF8.self) }

  /// The kind and name of a table, index, trigger or view.
  package struct Name: Hashable, Comparable, CustomStringConvertible, Sendable {
    var kind: String
    var name: String

    package var description: String { "\(kind) \(name)" }

    package static func < (one: Name, other: Name) -> Bool {
      (one.kind, one.name) < (other.kind, other.name)
    }
  }

  /// Returns the tables, indexes, triggers and views of a database with their definitions, without
  /// layout and comments.
  ///
  /// A migration leaves other spaces, quotes and comments in `sqlite_master` than `schema.sql` has,
  /// and these have no effect.
  package static func definitions(_ db: Database) throws -> [Name: String] {
    let rows = try Row.fetchAll(db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_master")
    let searched = rows.filter { ($0["sql"] as String?)?.hasPrefix("CREATE VIRTUAL") == true }
      .map { $0["name"] as String }
    var definitions: [Name: String] = [:]
    for row in rows {
      let name: String = row["name"]
      // Statistics that SQLite keeps for its query planner.
      if name.hasPrefix("sqlite_stat") { continue }
      // The tables behind a search index are SQLite's own, and their text differs between versions.
      let isBehindIndex = searched.contains { name.hasPrefix($0 + "_") }
      let table: String = row["tbl_name"]
      definitions[Name(kind: row["type"], name: name)] =
        table + "\n" + (isBehindIndex ? "" : tokens(row["sql"] ?? "").joined(separator: " "))
    }
    return definitions
  }

  /// Splits SQL into words, texts and signs. Leaves out comments and the quotes of plain names.
  private static func tokens(_ sql: String) -> [String] {
    let characters = Array(sql.unicodeScalars)
    var tokens: [String] = []
    var index = 0
    // Returns what lies from the index to the first scalar that fails the test, and moves there.
    func take(while belongs: (Unicode.Scalar) -> Bool) -> String {
      let start = index
      while index < characters.count, belongs(characters[index]) { index += 1 }
      return String(String.UnicodeScalarView(characters[start..<index]))
    }
    while index < characters.count {
      let first = characters[index]
      if first.properties.isWhitespace {
        _ = take { $0.properties.isWhitespace }
      } else if first == "-", index + 1 < characters.count, characters[index + 1] == "-" {
        _ = take { $0 != "\n" }
      } else if isPartOfWord(first) {
        tokens.append(take(while: isPartOfWord))
      } else if first == "'" || first == "\"" {
        index += 1
        let text = take { $0 != first }
        index += 1
        let isPlainName =
          first == "\"" && !text.isEmpty && text.unicodeScalars.allSatisfy(isPartOfWord)
        tokens.append(isPlainName ? text : "\(first)\(text)\(first)")
      } else {
        tokens.append(String(first))
        index += 1
      }
    }
    return tokens
  }

  private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
