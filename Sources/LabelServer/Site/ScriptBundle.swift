/// Joins scripts with the modules that they import, so that a page fetches one file.
///
/// Knows the forms that our scripts use, each on a line of its own: `import { names } from
/// "./module.js";`, and `export` before a function, a class or a constant. Anything else is an error
/// when the server starts. A module's other names stay its own.
package struct ScriptBundle {
  /// Says which script cannot be joined, and why.
  package struct Problem: Error, CustomStringConvertible {
    let script: String
    let reason: String

    package var description: String { "The script \(script) \(reason)." }
  }

  private struct Module {
    var lines: [Substring] = []
    var imports: [(module: String, names: [Substring])] = []
    var exports: [Substring] = []
  }

  private let modules: [String: Module]

  /// Reads modules by their names.
  package init(_ sources: [String: String]) throws {
    modules = try Dictionary(
      uniqueKeysWithValues: sources.map { ($0, try Self.module($0, $1)) })
  }

  /// The script of a name with all that it needs before it.
  package func script(_ name: String) throws -> String {
    var lines: [Substring] = []
    var done: Set<String> = []
    try add(importsOf: name, importers: [name], to: &lines, &done)
    let names = done.sorted().flatMap { modules[$0]?.exports ?? [] }
    if let twice = names.first(where: { one in names.count { $0 == one } > 1 }) {
      throw Problem(script: name, reason: "imports two modules that export \(twice)")
    }
    // In a block: its own names may be those of modules.
    lines += ["{"] + (try module(name, for: name).lines) + ["}"]
    return lines.joined(separator: "\n")
  }

  private func add(
    importsOf name: String, importers: [String], to lines: inout [Substring],
    _ done: inout Set<String>
  ) throws {
    for (imported, names) in try module(name, for: name).imports {
      if importers.contains(imported) {
        throw Problem(script: name, reason: "imports \(imported), which imports it")
      }
      let module = try module(imported, for: name)
      if let unknown = names.first(where: { !module.exports.contains($0) }) {
        throw Problem(script: name, reason: "imports \(unknown), which \(imported) does not export")
      }
      guard done.insert(imported).inserted else { continue }
      try add(importsOf: imported, importers: importers + [imported], to: &lines, &done)
      let exports = module.exports.joined(separator: ", ")
      lines.append("const { \(exports) } = (() => {")
      lines += module.lines
      lines.append("return { \(exports) };\n})();")
    }
  }

  private func module(_ name: String, for importer: String) throws -> Module {
    guard let module = modules[name] else {
      throw Problem(script: importer, reason: "needs \(name), which is not there")
    }
    return module
  }

  private static func module(_ name: String, _ source: String) throws -> Module {
    var module = Module()
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("import ") {
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("import { "), parts[0].hasSuffix(" } from "),
          !parts[0].contains(" as "), parts[1].hasPrefix("./"), parts[2] == ";"
        else { throw unknown(line, in: name) }
        let names = parts[0].dropFirst("import { ".count).dropLast(" } from ".count)
          .split { ", ".contains($0) }
        module.imports.append((String(parts[1].dropFirst(2)), names))
      } else if line.hasPrefix("export ") {
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        let kind = words.dropFirst().first == "async" ? 2 : 1
        guard words.count > kind + 1, ["function", "class", "const"].contains(words[kind]),
          line.dropFirst("export ".count + words[kind].count + 1).first != "{"
        else {
          throw unknown(line, in: name)
        }
        module.exports.append(words[kind + 1])
        module.lines.append(line.dropFirst("export ".count))
      } else {
        module.lines.append(line)
      }
    }
    return module
  }

  private static func unknown(_ line: Substring, in name: String) -> Problem {
    Problem(script: name, reason: "has a line that is not joined: \(line)")
  }
}
