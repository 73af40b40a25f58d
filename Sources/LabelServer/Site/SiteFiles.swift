import Crypto
import Foundation
import HTTPSupport
import Hummingbird
import Rendering

/// The files the site is made of, all in memory: an address can only ever name one of these.
package struct SiteFiles: Sendable {
  package struct Asset: Sendable {
    let bytes: ByteBuffer
    let compressed: ByteBuffer?
    let type: String
  }

  package let templates: Templates
  package let translations: [String: Translations]
  package let version: String
  private let assets: [String: Asset]

  /// Reads the files bundled with the program, or those of a folder while working on them.
  package init(folder: URL? = nil) throws {
    let root = folder ?? Bundle.module.bundleURL
    templates = try Templates(directory: root.appending(path: "Templates"))
    var translations = try Self.translations(in: root.appending(path: "Templates/Strings"))
    translations["en-XA"] = translations["en"]?.marked()
    translations["ar-XB"] = translations["en"]?.mirrored()
    self.translations = translations
    var assets: [String: Asset] = [:]
    var hash = SHA256()
    for (name, data) in try Self.joined(Self.files(in: root.appending(path: "Assets"))) {
      hash.update(data: Data(name.utf8))
      hash.update(data: data)
      let packs = data.count >= Gzip.shortest && ["css", "js", "svg"].contains(Self.ending(name))
      assets[name] = Asset(
        bytes: ByteBuffer(bytes: data),
        compressed: packs
          ? Gzip.packed(Array(data), level: 9).map { ByteBuffer(bytes: $0) } : nil,
        type: Self.type(of: name))
    }
    self.assets = assets
    version = hash.finalize().prefix(6).map { String($0, radix: 16) }.joined()
  }

  /// The address of an asset, or nil when the set-up has not installed it.
  package func path(_ name: String) -> String? {
    assets[name] == nil ? nil : SitePath.asset("\(version)/\(name)").string
  }

  package var assetRoot: String { SitePath.asset(version).string }

  func reply(to request: Request, for name: String) throws -> Response {
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

  // Our own scripts are served with what they import.
  private static func joined(_ files: [(String, Data)]) throws -> [(String, Data)] {
    let folder = "js/"
    let own = files.filter { $0.0.hasPrefix(folder) }.map {
      (String($0.0.dropFirst(folder.count)), String(decoding: $0.1, as: UTF8.self))
    }
    let bundle = try ScriptBundle(Dictionary(own) { first, _ in first })
    return try files.map { name, data in
      guard name.hasPrefix(folder) else { return (name, data) }
      return (name, Data(try bundle.script(String(name.dropFirst(folder.count))).utf8))
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
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "woff2": "font/woff2"
    case "woff": "font/woff"
    case "ttf": "font/ttf"
    default: "application/octet-stream"
    }
  }
}
