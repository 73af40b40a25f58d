/// Maps stored tensors to the weights of a model, and collects those that do not match.
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
      // A checkpoint of the bare trunk omits the prefix of its names.
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

  /// Throws with the names of missing and unmatched tensors.
  func check(file: String) throws {
    guard !missing.isEmpty || !unknown.isEmpty else { return }
    func some(_ names: [String]) -> String {
      names.prefix(5).joined(separator: ", ")
        + (names.count > 5 ? " and \(names.count - 5) others" : "")
    }
    var problems: [String] = []
    if !missing.isEmpty { problems.append("lacks \(some(missing))") }
    if !unknown.isEmpty { problems.append("has \(some(unknown)), which this model does not use") }
    throw LanguageModelError.unsupported(
      file: file, problem: problems.joined(separator: " and "),
      remedy: """
        These are not the weights of a \(configuration.architecture.transformersClass) as \
        config.json describes it. \(ModelConfiguration.Architecture.supported)
        """)
  }
}
