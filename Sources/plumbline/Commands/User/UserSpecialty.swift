import ArgumentParser
import LabelStore

struct UserSpecialty: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "specialty", abstract: "Show or set the prompts assigned to a person.",
    discussion: """
      The metadata of a prompt can contain “language”, a tag such as zh-Hans, and “tags”, a list. \
      A prompt without them goes to everyone.

        plumbline user specialty Mei --language zh-Hans --tag medicine --tag law
        plumbline user specialty Mei --everything
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "Name of the person.") var name: String
  @Option(
    name: .customLong("language"),
    help: ArgumentHelp("Language the person reads. Repeatable.", valueName: "tag"))
  var languages: [String] = []
  @Option(
    name: .customLong("tag"),
    help: ArgumentHelp("Tag the person knows about. Repeatable.", valueName: "tag"))
  var tags: [String] = []
  @Flag(help: "Assign every prompt again.") var everything = false

  struct Result: Encodable {
    let name: String
    let languages: [String]?
    let tags: [String]?
  }

  func validate() throws {
    if everything && !(languages.isEmpty && tags.isEmpty) {
      throw ValidationError("Give --everything, or languages and tags, not both.")
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let person = try await store.personOrFailure(named: name)
    if everything || !languages.isEmpty || !tags.isEmpty {
      let filter = PromptFilter(
        languages: languages.isEmpty ? nil : languages, tags: tags.isEmpty ? nil : tags)
      try await store.change(person.id, .promptFilter(filter))
    }
    let specialty = try await store.promptFilter(of: person.id)
    try shared.console.result(
      Result(name: person.name, languages: specialty.languages, tags: specialty.tags))
    let parts = [
      specialty.languages.map { "languages \($0.joined(separator: ", "))" },
      specialty.tags.map { "tags \($0.joined(separator: ", "))" },
    ].compactMap { $0 }
    shared.console.say(
      "\(person.name) gets \(parts.isEmpty ? "every prompt" : parts.joined(separator: "; ")).")
    let known = try await store.promptKinds()
    for (given, there) in [(languages, known.languages), (tags, known.tags)] {
      for value in given where !(there ?? []).contains(value) {
        shared.console.note("No prompt has “\(value)” yet.")
      }
    }
  }
}
