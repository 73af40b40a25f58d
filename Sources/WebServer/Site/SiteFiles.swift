import Foundation
import HTTPSupport
import Hashing
import Hummingbird
import Rendering

/// The files of the site, all in memory, so that no address can reach any other file.
package struct SiteFiles: Sendable {
  package struct Asset: Sendable {
    let bytes: ByteBuffer
    let compressed: ByteBuffer?
    let type: String
  }

  package let templates: Templates
  package let translations: [String: Translations]
  package let version: String
  /// The folder that the files come from, or nil for those bundled with the program.
  package let folder: URL?
  private let assets: [String: Asset]
  private let imports: [String: [String]]

  /// Reads the files bundled with the program, or those of a folder during development.
  package init(bundle: URL, folder: URL? = nil) throws {
    let root = folder ?? bundle
    self.folder = folder
    templates = try Templates(directory: root.appending(path: "Templates"))
    var translations = try Self.translations(in: root.appending(path: "Templates/Strings"))
    translations["en-XA"] = translations["en"]?.marked()
    translations["ar-XB"] = translations["en"]?.mirrored()
    self.translations = translations
    var assets: [String: Asset] = [:]
    var imports: [String: [String]] = [:]
    var hash = SHA256()
    let bundles = Self.bundledScripts(in: root)
    let files = try Self.joined(Self.files(in: root.appending(path: "Assets")))
      .filter { bundles[$0.0] == nil }
    for (name, data) in files + bundles.sorted(by: { $0.key < $1.key }) {
      hash.update(data: Data(name.utf8))
      hash.update(data: data)
      if name.hasPrefix("js/"), bundles[name] == nil {
        imports[name] = Self.imports(of: name, data)
      }
      let packs =
        data.count >= Gzip.shortest && ["css", "js", "map", "svg"].contains(Self.ending(name))
      assets[name] = Asset(
        bytes: ByteBuffer(bytes: data),
        compressed: packs
          ? Gzip.packed(Array(data), level: 9).map { ByteBuffer(bytes: $0) } : nil,
        type: Self.type(of: name))
    }
    self.assets = assets
    self.imports = imports
    version = hash.finalize().prefix(6).map { String($0, radix: 16) }.joined()
  }

  /// Returns the address of an asset, or nil when scripts/setup has not installed it.
  package func path(_ name: String) -> String? {
    assets[name] == nil ? nil : SitePath.asset("\(version)/\(name)").string
  }

  package var assetRoot: String { SitePath.asset(version).string }

  package func reply(to request: Request, for name: String) throws -> Response {
    guard let asset = assets[name] else { throw WebError.notFound }
    var headers: HTTPFields = [
      .contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable",
    ]
    let accepts = request.headers[.acceptEncoding]?.contains("gzip") ?? false
    if let compressed = asset.compressed, accepts {
      headers[.contentEncoding] = "gzip"
      headers[.vary] = "Accept-Encoding"
      return Response(status: .ok, headers: headers, body: .init(byteBuffer: compressed))
    }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.bytes))
  }

  private static func translations(in folder: URL) throws -> [String: Translations] {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "json" }.reduce(into: [:]) { found, file in
      let language = file.deletingPathExtension().lastPathComponent
      found[language] = try Translations(language: language, file: file)
    }
  }

  /// Returns the addresses of the modules that a script imports, directly or through others.
  ///
  /// A page names them in `modulepreload` links, so that a browser fetches them side by side instead
  /// of one level of imports after the other.
  package func modules(of script: String) -> [String] {
    var found: [String] = []
    var unread = [script]
    while let name = unread.popLast() {
      for module in imports[name] ?? [] where !found.contains(module) && module != script {
        found.append(module)
        unread.append(module)
      }
    }
    return found.sorted().compactMap(path)
  }

  /// Returns the scripts that the build joined with their imports, and their source maps.
  private static func bundledScripts(in root: URL) -> [String: Data] {
    ["labelling.js", "labelling.js.map"].reduce(into: [:]) { found, name in
      found["js/\(name)"] = try? Data(contentsOf: root.appending(path: name))
    }
  }

  // Scripts import with `from "./module.js"`, always from their own folder.
  private static func imports(of name: String, _ source: Data) -> [String] {
    let folder = name.prefix(through: name.lastIndex(of: "/") ?? name.startIndex)
    return String(decoding: source, as: UTF8.self).matches(of: #/from "\.\/([\w-]+\.js)";/#).map {
      String(folder + $0.output.1)
    }
  }

  // Each stylesheet directly in css/ is served with the files that it imports, as one response.
  private static func joined(_ files: [(String, Data)]) throws -> [(String, Data)] {
    let sources = Dictionary(files) { first, _ in first }
    return try files.map { name, data in
      guard name.wholeMatch(of: #/css\/[\w-]+\.css/#) != nil else { return (name, data) }
      let lines = try String(decoding: data, as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map { line in
          guard let match = line.wholeMatch(of: #/@import url\("(.+)"\);/#) else {
            return String(line)
          }
          guard let part = sources["css/\(match.1)"] else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "css/\(match.1)"])
          }
          return "/* \(match.1) */\n" + String(decoding: part, as: UTF8.self)
        }
      return (name, Data(lines.joined(separator: "\n").utf8))
    }
  }

  private static func files(in folder: URL) throws -> [(String, Data)] {
    let root = folder.standardizedFileURL.path
    var found: [(String, Data)] = []
    let files = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    while let file = files?.nextObject() as? URL {
      let name = String(file.standardizedFileURL.path.dropFirst(root.count + 1))
      guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true,
        !file.lastPathComponent.hasPrefix(".")
      else { continue }
      found.append((name, try Data(contentsOf: file)))
    }
    return found.sorted { $0.0 < $1.0 }
  }

  private static func ending(_ name: String) -> Substring {
    name.split(separator: ".").last ?? ""
  }

  private static func type(of name: String) -> String {
    switch ending(name) {
    case "css": "text/css; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "map": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "woff2": "font/woff2"
    case "woff": "font/woff"
    case "ttf": "font/ttf"
    default: "application/octet-stream"
    }
  }
}
