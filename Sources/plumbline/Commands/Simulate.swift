import ArgumentParser
import Credentials
import Foundation
import Foundations
import HTTPClient
import LabelStore
import Labelling

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run simulated labellers with a known preference over the HTTP API.",
    discussion: """
      They claim prompts and submit rankings exactly as a browser would. Without --server, a \
      server is started for them on a free port of this machine. What is known of them is part of \
      the result, so that `plumbline agreement` can be held to it.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @OptionGroup var workers: SimulatedWorkers
  @Option(help: ArgumentHelp("Random seed.", valueName: "number"))
  var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Preference of the labellers: \(SimulatedPreference.help).", valueName: "words"))
  var preference = "shorter"
  @Option(
    help: ArgumentHelp(
      "Number of judgements (default: until no prompt is left).", valueName: "count"))
  var judgements: Int?
  @Option(help: ArgumentHelp("Address of a running server.", valueName: "url"))
  var server: String?

  struct Result: Encodable {
    struct Person: Encodable {
      let name: String
      /// The pseudonym in exports and statistics; nil for a labeller without judgements.
      let pseudonym: String?
      let judgements: Int
      let habits: SimulatedLabeller.Habits
    }

    let task: String
    let preference: String
    let labellers: Int
    let judgements: Int
    let seconds: Double
    let people: [Person]
  }

  private struct Worker: Sendable {
    let name: String
    let client: LabellerClient
    var labeller: SimulatedLabeller
  }

  func validate() throws {
    guard SimulatedPreference(preference) != nil else {
      throw ValidationError("--preference must be \(SimulatedPreference.help).")
    }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    guard let preference = SimulatedPreference(preference) else { return }
    let tokens = try await tokens(store)
    let started = ContinuousClock.now
    let wanted = min(judgements ?? .max, task.progress.judgementTarget - task.progress.judgements)
    let made = try await withServer(store) { address in
      try await work(at: address, tokens, preference, wanted)
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let total = made.values.reduce(0, +)
    let pseudonyms = Dictionary(
      try await store.labellers(of: task.id).map { ($0.name, $0.pseudonym) },
      uniquingKeysWith: { first, _ in first })
    try shared.console.result(
      Result(
        task: task.slug, preference: preference.description, labellers: workers.labellers,
        judgements: total, seconds: seconds,
        people: zip(tokens, workers.habits).map { token, habits in
          .init(
            name: token.name, pseudonym: pseudonyms[token.name],
            judgements: made[token.name] ?? 0, habits: habits)
        }))
    shared.console.say(
      "\(workers.labellers) simulated labellers judged \(total) prompts of \(task.slug).")
    shared.console.next("plumbline retrain \(task.slug)")
  }

  /// Lets each labeller judge once in turn, so that the same seed produces the same dataset.
  private func work(
    at address: String, _ tokens: [(name: String, secret: String)],
    _ preference: SimulatedPreference, _ wanted: Int
  ) async throws -> [String: Int] {
    let bar = ProgressBar("simulated labellers", unit: "judgements", console: shared.console)
    defer { bar.finish() }
    let http = HTTPClient()
    defer { http.close() }
    var made: [String: Int] = [:]
    var people = zip(tokens, workers.habits).enumerated().map { index, pair in
      Worker(
        name: pair.0.name,
        client: LabellerClient(server: address, token: pair.0.secret, http: http),
        labeller: SimulatedLabeller(
          pair.1, random: RandomStream(seed: seed, .simulatedLabeller, index)))
    }
    var total = 0
    var idle = 0
    var turn = 0
    while total < wanted && idle < people.count {
      defer { turn = (turn + 1) % people.count }
      guard let assignment = try await people[turn].client.claim(task: task) else {
        idle += 1
        continue
      }
      idle = 0
      let answers = assignment.responses.map {
        SimulatedLabeller.Answer(
          key: $0.key, score: preference.score($0.text), bytes: $0.text.utf8.count)
      }
      let ranking = people[turn].labeller.ranking(of: answers)
      try await people[turn].client.submit(
        ranking, seconds: people[turn].labeller.seconds(for: answers), for: assignment)
      made[people[turn].name, default: 0] += 1
      total += 1
      bar.show(total, of: wanted)
    }
    return made
  }

  private static let tokenName = "simulation"

  private func tokens(_ store: LabelStore) async throws -> [(name: String, secret: String)] {
    var tokens: [(name: String, secret: String)] = []
    for number in 1...workers.labellers {
      let name = "simulated-\(number)"
      var person = try await store.person(named: name)
      if person == nil { person = try await store.addPerson(named: name, role: .labeller) }
      guard let person else { continue }
      // Those of simulations that were interrupted would add up to more than a person may have.
      for old in try await store.apiTokens(of: person.id).filter({ $0.name == Self.tokenName })
        .dropLast(9)
      { try await store.revokeAPIToken(old.id, of: person.id) }
      let secret = Secret.random()
      try await store.addAPIToken(
        named: Self.tokenName, tokenHash: secret.hash, person: person.id)
      tokens.append((name, secret.word))
    }
    return tokens
  }

  private func withServer(
    _ store: LabelStore, _ body: @escaping @Sendable (String) async throws -> [String: Int]
  ) async throws -> [String: Int] {
    if let server { return try await body(server.trimmingSuffix("/")) }
    return try await LocalServer.run(
      store: store, workspace: shared.workspacePaths, body)
  }
}

extension String {
  func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
