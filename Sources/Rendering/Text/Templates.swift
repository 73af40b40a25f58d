import Foundation
import Mustache

/// All templates, read once at start.
package struct Templates: Sendable {
  private let library: MustacheLibrary
  package let names: Set<String>

  /// The data of a page template: the page's properties first, then the strings.
  private struct Frame {
    let strings: [String: [String: String]]
    let page: Any
  }

  package init(directory: URL) throws {
    var library = MustacheLibrary()
    var names: Set<String> = []
    for (name, text) in try Self.sources(in: directory) {
      // The page becomes the context, so templates name its properties directly.
      let isPart = name.hasPrefix("parts/")
      try library.register(isPart ? text : "{{#page}}\(text){{/page}}", named: name)
      names.insert(name)
    }
    guard names.contains("layout") else {
      throw CocoaError(
        .fileNoSuchFile, userInfo: [NSFilePathErrorKey: directory.appending(path: "layout").path])
    }
    self.library = library
    self.names = names
  }

  package func render(_ page: Any, with template: String, strings: Translations) throws -> String {
    let frame = Frame(strings: strings.sections, page: page)
    guard let text = library.render(frame, withTemplate: template) else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: template])
    }
    return text
  }

  /// The texts of all templates in a folder, by their name in the library.
  package static func sources(in directory: URL) throws -> [String: String] {
    let root = directory.standardizedFileURL.path
    var sources: [String: String] = [:]
    let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "mustache" else { continue }
      let name = file.standardizedFileURL.deletingPathExtension().path.dropFirst(root.count + 1)
      sources[String(name)] = try String(contentsOf: file, encoding: .utf8)
    }
    return sources
  }
}
