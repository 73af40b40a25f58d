/// Which stored tensor holds which weight of a model, and what does not fit.
struct CheckpointNames {
  private let places: [String: String]
  let missing: [String]
  let unknown: [String]
  private let configuration: ModelConfiguration

  init(_ configuration: ModelConfiguration, stored names: [String]) {
    let expected = configuration.parameters.map(\.name)
    let wanted = Set(expected)
    let family = configuration.architecture.family
    var places: [String: String] = [:]
    var unknown: [String] = []
    for name in names {
      // A checkpoint of the bare trunk leaves the first part of its names out.
      let long = family.namePrefix + name
      if wanted.contains(name) {
        places[name] = name
      } else if family.isRedundant(name, configuration) || family.isRedundant(long, configuration) {
        continue
      } else if wanted.contains(long) {
        places[long] = name
      } else {
        unknown.append(name)
      }
    }
    self.places = places
    self.unknown = unknown.sorted()
    self.configuration = configuration
    missing = expected.filter { places[$0] == nil }
  }

  func stored(_ name: String) -> String { places[name] ?? name }

  /// Throws with the names that are missing and those that did not fit.
  func check(file: String) throws {
    guard !missing.isEmpty || !unknown.isEmpty else { return }
    func some(_ names: [String]) -> String {
      names.prefix(5).joined(separator: ", ")
        + (names.count > 5 ? " and \(names.count - 5) others" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("lacks \(some(missing))") }
    if !unknown.isEmpty { problems.append("has \(some(unknown)), which do not fit") }
    throw LanguageModelError.unsupported(
      file: file, problem: problems.joined(separator: " and "),
      remedy: """
        These are not the weights of a \(configuration.architecture.transformersClass) as \
        config.json describes it. \(ModelConfiguration.Architecture.supported)
        """)
  }
}
