import Foundation
import PackagePlugin

/// Joins the modules of the labelling page into one file, with a source map for developer tools.
///
/// A first visit then loads one script instead of two dozen (docs/experiments/labelling-page.md).
/// Without esbuild, the server serves the modules themselves.
@main
struct BundleScripts: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let esbuild = Self.program("esbuild"), let module = target.sourceModule else {
      Diagnostics.remark("esbuild is not installed: the labelling page will load its modules singly")
      return []
    }
    let folder = target.directoryURL.appending(path: "Assets/js")
    let modules = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "js" }
    let bundle = context.pluginWorkDirectoryURL.appending(path: "labelling.js")
    return [
      .buildCommand(
        displayName: "Bundling the scripts of the labelling page for \(module.name)",
        executable: esbuild,
        arguments: [
          folder.appending(path: "labelling.js").path, "--bundle", "--format=esm", "--minify",
          "--target=es2022", "--sourcemap", "--log-level=warning", "--outfile=\(bundle.path)",
        ],
        inputFiles: modules, outputFiles: [bundle, bundle.appendingPathExtension("map")])
    ]
  }

  private static func program(_ name: String) -> URL? {
    let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return folders.lazy.map { URL(filePath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}
