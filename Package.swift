// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The workbench (labelling) and the engine (training) are two halves that share only Foundations,
// Hashing and PreferenceData.
// The engine needs libtorch, which the set-up links at vendor/libtorch; without it only the
// workbench is built. PLUMBLINE_PARTS=workbench|engine builds one half on purpose.
let environment = ProcessInfo.processInfo.environment
let libtorch = Context.packageDirectory + "/vendor/libtorch"
let hasLibtorch = FileManager.default.fileExists(atPath: libtorch + "/include/ATen/ATen.h")
let parts = environment["PLUMBLINE_PARTS"] ?? (hasLibtorch ? "all" : "workbench")
let buildsWorkbench = parts != "engine"
let buildsEngine = parts != "workbench"
if buildsEngine && !hasLibtorch {
  fatalError("vendor/libtorch is missing, and the engine needs it. Run: scripts/setup")
}

let strict: [SwiftSetting] =
  environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

// MARK: - Shared by both halves

var products: [Product] = []
// Exact versions, so that every clone builds what was tested. To update one, change its version here
// and run scripts/test.
var dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
  .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let serviceLifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")

var targets: [Target] = [
  // What every target may use and none owns: seeded random numbers, estimates with intervals,
  // atomic files, text encodings. Depends on nothing.
  .target(name: "Foundations", swiftSettings: strict),
  .testTarget(name: "FoundationsTests", dependencies: ["Foundations"], swiftSettings: strict),
  // SHA-256, HMAC and scrypt by OpenSSL.
  .target(name: "Hashing", dependencies: ["CCrypto"], swiftSettings: strict),
  .testTarget(name: "HashingTests", dependencies: ["Hashing"], swiftSettings: strict),
  .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
  // The Jinja of chat templates. Depends on nothing.
  .target(name: "Jinja", swiftSettings: strict),
  .testTarget(name: "JinjaTests", dependencies: ["Jinja"], swiftSettings: strict),
  // Unpacks gzip and Zstandard.
  .target(name: "Compression", dependencies: ["CZlib", "CZstd"], swiftSettings: strict),
  .testTarget(
    name: "CompressionTests", dependencies: ["Compression", "CZlib", "CZstd"], swiftSettings: strict
  ),
  .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
  // Records and file formats of preference data: what the two halves tell each other.
  .target(
    name: "PreferenceData", dependencies: ["Foundations", "Hashing", "Compression"],
    swiftSettings: strict),
  .testTarget(
    name: "PreferenceDataTests", dependencies: ["Foundations", "PreferenceData", "TestSupport"],
    swiftSettings: strict),
  // The third-party test data and temporary folders, for the tests alone.
  .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
]

// MARK: - The workbench

if buildsWorkbench {
  products.append(.executable(name: "plumbline", targets: ["plumbline"]))
  dependencies += [
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    // For the tests alone: a channel without a network connection.
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  ]
  targets += [
    // Pure domain: questions, judgement validation, blind order, who gets which prompt, agreement.
    .target(
      name: "Labelling",
      dependencies: ["Foundations", "PreferenceData", "Hashing", yams, collections],
      swiftSettings: strict),
    // SQLite: migrations, records, transactions that keep the invariants, the event log.
    .target(
      name: "LabelStore",
      dependencies: [
        "Foundations", "PreferenceData", "Labelling", "CSQLite", "Hashing",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [.embedInCode("Schema/schema.sql")],
      swiftSettings: strict),
    // What GRDB leaves out of SQLite's interface.
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    // GitHub-flavoured Markdown, rendered on the server.
    .systemLibrary(name: "CMarkGFM", providers: [.apt(["libcmark-gfm-dev"])]),
    // Outgoing HTTP requests: endpoints, webhooks, simulation.
    .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: strict),
    .testTarget(name: "HTTPClientTests", dependencies: ["HTTPClient"], swiftSettings: strict),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    // Background jobs as pages and commands see them: requests, progress, the protocols that start
    // them. Knows neither HTTP nor the engine.
    .target(
      name: "Jobs",
      dependencies: ["Foundations", "PreferenceData", "LabelStore", logging, serviceLifecycle],
      swiftSettings: strict),
    // Starts and supervises plumbline-engine: sampling, retraining, scoring. No HTTP server.
    .target(
      name: "EngineJobs",
      dependencies: [
        "Foundations", "HTTPClient", "PreferenceData", "Labelling", "LabelStore", "Jobs", yams,
        logging, serviceLifecycle, .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict),
    // Delivers signed messages about what happened in a task.
    .target(
      name: "Webhooks",
      dependencies: [
        "Foundations", "HTTPClient", "PreferenceData", "LabelStore", "Hashing", logging,
        serviceLifecycle,
      ],
      swiftSettings: strict),
    // Secrets, password hashes, and limits on guessing them. Knows nothing of HTTP.
    .target(
      name: "Credentials", dependencies: ["PreferenceData", "Hashing"], swiftSettings: strict),
    // HTML from Markdown, templates and translations, and charts as SVG. Knows nothing of HTTP.
    .target(
      name: "Rendering",
      dependencies: [
        "Foundations", "PreferenceData", "CMarkGFM",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: strict),
    // Mechanics of HTTP that know nothing of labelling: limits on connections, forms, compression.
    .target(
      name: "HTTPSupport", dependencies: ["CZlib", hummingbird], swiftSettings: strict),
    // What pages and API are built on: requests and responses, routes and permissions, errors, and
    // the site's layout, files and languages.
    .target(
      name: "WebServer",
      dependencies: [
        "Foundations", "PreferenceData", "Labelling", "LabelStore", "Rendering", "HTTPSupport",
        "Hashing", logging, hummingbird,
      ],
      swiftSettings: strict),
    // Sessions, pages and the JSON API. Starts jobs through `Jobs`.
    .target(
      name: "LabelServer",
      dependencies: [
        "Foundations", "PreferenceData", "Labelling", "LabelStore", "Jobs", "Webhooks",
        "Credentials", "Rendering", "HTTPSupport", "WebServer", "Hashing", yams, logging,
        hummingbird, serviceLifecycle,
      ],
      resources: [.copy("Templates"), .copy("Assets"), .copy("API/openapi.yaml")],
      swiftSettings: strict, plugins: ["BundleScripts"]),
    // One file for the scripts of the labelling page.
    .plugin(name: "BundleScripts", capability: .buildTool()),
    // The workbench's command line, one file per command.
    .executableTarget(
      name: "plumbline",
      dependencies: [
        "Foundations", "Credentials", "EngineJobs", "HTTPClient", "HTTPSupport", "Jobs",
        "LabelServer", "LabelStore", "Labelling", "PreferenceData", "WebServer", "Webhooks",
        argumentParser, yams, logging, serviceLifecycle,
      ],
      swiftSettings: strict,
      // glibc's allocator takes a tenth more time under many small requests.
      linkerSettings: [.linkedLibrary("jemalloc", .when(platforms: [.linux]))]),
    .testTarget(
      name: "LabellingTests", dependencies: ["Foundations", "Labelling", "PreferenceData"],
      swiftSettings: strict),
    .testTarget(
      name: "LabelStoreTests",
      dependencies: [
        "Foundations", "LabelStore", "Labelling", "PreferenceData", "Hashing",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "JobsTests", dependencies: ["Jobs", "LabelStore", "Labelling", "PreferenceData"],
      swiftSettings: strict),
    .testTarget(
      name: "EngineJobsTests",
      dependencies: [
        "Foundations", "EngineJobs", "Jobs", "LabelStore", "Labelling", "PreferenceData",
      ],
      swiftSettings: strict),
    .testTarget(name: "CredentialsTests", dependencies: ["Credentials"], swiftSettings: strict),
    .testTarget(
      name: "HTTPSupportTests",
      dependencies: [
        "HTTPSupport", hummingbird, .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RenderingTests", dependencies: ["PreferenceData", "Rendering", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "LabelServerTests",
      dependencies: [
        "Foundations", "Credentials", "EngineJobs", "HTTPClient", "HTTPSupport", "Jobs",
        "LabelServer", "LabelStore", "Labelling", "PreferenceData", "Rendering", "WebServer",
        "Webhooks", hummingbird, .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: strict),
  ]
}

// MARK: - The engine

if buildsEngine {
  products.append(.executable(name: "plumbline-engine", targets: ["plumbline-engine"]))
  targets += [
    // A C11 ABI over libtorch. The only C++.
    .target(
      name: "CTorch",
      cxxSettings: [
        .unsafeFlags([
          "-isystem", libtorch + "/include",
          "-isystem", libtorch + "/include/torch/csrc/api/include",
          "-O2", "-std=c++20", "-Wno-deprecated-declarations",
        ]),
        // Tensor.h then declares no operators: each file includes those that it calls.
        .define("AT_PER_OPERATOR_HEADERS"),
      ],
      linkerSettings: [
        .unsafeFlags([
          "-L" + libtorch + "/lib", "-Xlinker", "-rpath", "-Xlinker", libtorch + "/lib",
        ]),
        .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
      ]),
    // Tensor, autograd, modules, optimisers, RNG, devices. The only importer of CTorch.
    .target(name: "Torch", dependencies: ["CTorch", "Foundations"], swiftSettings: strict),
    // Regular expressions of tokenizer.json.
    .systemLibrary(
      name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    // Tokenizers, architectures, checkpoints, generation, chat templates.
    .target(
      name: "LanguageModels",
      dependencies: ["Foundations", "Jinja", "Torch", "CPCRE2", collections],
      swiftSettings: strict),
    // Objectives, stages, rollout, evaluation, runs.
    .target(
      name: "Alignment",
      dependencies: [
        "Foundations", "PreferenceData", "Jinja", "LanguageModels", "Torch", yams, "Hashing",
      ],
      resources: [.copy("Presets")],
      swiftSettings: strict),
    // OpenAI's routes over the continuous batch.
    .target(
      name: "ModelServer",
      dependencies: ["Foundations", "Jinja", "LanguageModels", "Torch", hummingbird, logging],
      swiftSettings: strict),
    // The engine's command line, one file per command.
    .executableTarget(
      name: "plumbline-engine",
      dependencies: [
        "Alignment", "Foundations", "Jinja", "LanguageModels", "ModelServer", "PreferenceData",
        argumentParser, logging,
      ],
      swiftSettings: strict),
    // Calls the C ABI itself with what Torch never would.
    .testTarget(name: "TorchTests", dependencies: ["Torch", "CTorch"], swiftSettings: strict),
    .testTarget(
      name: "LanguageModelsTests",
      dependencies: ["Foundations", "Jinja", "LanguageModels", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "AlignmentTests",
      dependencies: ["Alignment", "Foundations", "LanguageModels", "PreferenceData", "Torch"],
      swiftSettings: strict),
  ]
}

let package = Package(
  name: "plumbline",
  platforms: [.macOS(.v15)],
  products: products,
  dependencies: dependencies,
  targets: targets,
  swiftLanguageModes: [.v6]
)
