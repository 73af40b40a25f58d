import GRDB

/// Compares the schema of a store with `schema.sql`. A trigger, view, table or index that somebody
/// added or changed could alter data as it is written or read.
enum SchemaCheck {
  static func problems(_ db: Database) throws -> [String] {
    let expected = try DatabaseQueue()
    try expected.write { try $0.execute(sql: Schema.sql) }
    let stated = try expected.read(Schema.definitions)
    let found = try Schema.definitions(db)
    return Set(stated.keys).union(found.keys).sorted().compactMap { name in
      switch (stated[name], found[name]) {
      case (nil, _): return "The \(name) is foreign: no version of Plumbline made it."
      case (_, nil): return "The \(name) is missing."
      case (let stated?, let found?):
        return stated == found ? nil : "The \(name) was changed."
      }
    }
  }
}
