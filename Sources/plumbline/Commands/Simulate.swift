import ArgumentParser
import AsyncHTTPClient
import Foundation
import LabelServer
import LabelStore

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let simulated labellers with a known preference work through the HTTP API.",
    discussion: """
      They claim prompts and submit rankings exactly as a browser would. Without --server, a \
      server is started for them on a free port of this machine.
      """)

  @OptionGroup var shared: SharedOptions
  @Argument(help: "The task.") var task: String
  @Option(help: "How many labellers.") var labellers = 3
  @Option(help: "Where the random numbers begin.") var seed: UInt64 = 1
  @Option(help: "What they like: \(SimulatedPreference.help).") var preference = "shorter"
  @Option(help: "How much they err, in units of the preference; 0 never.") var noise = 0.0
  @Option(help: "Stop after so many judgements (default: when nothing is left).")
  var judgements: Int?
  @Option(help: "The address of a running server.") var server: String?

  struct Result: Encodable {
    let task: String
    let preference: String
    let labellers: Int
    let judgements: Int
    let seconds: Double
  }

  func validate() throws {
    guard SimulatedPreference(preference) != nil else {
      throw ValidationError("--preference must be \(SimulatedPreference.help).")
    }
    guard labellers >= 1 else { throw ValidationError("--labellers must be at least 1.") }
    guard noise >= 0 else { throw ValidationError("--noise must not be negative.") }
  }

  func run() async throws {
    let store = try shared.openStore()
    let task = try await store.taskOrFailure(task)
    guard let preference = SimulatedPreference(preference) else { return }
    let tokens = try await tokens(store)
    let started = ContinuousClock.now
    let wanted = min(judgements ?? .max, task.progress.wanted - task.progress.judgements)
    let made = try await withServer(store) { address in
      try await work(at: address, tokens, preference, wanted)
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    try shared.console.result(
      Result(
        task: task.slug, preference: preference.description, labellers: labellers,
        judgements: made, seconds: seconds))
    shared.console.say("\(labellers) simulated labellers judged \(made) prompts of \(task.slug).")
    shared.console.next("plumbline retrain \(task.slug)")
  }

  /// One judgement each in turn, so that the same seed gives the same dataset.
  private func work(
    at address: String, _ tokens: [String], _ preference: SimulatedPreference, _ wanted: Int
  ) async throws -> Int {
    let bar = ProgressBar("simulated labellers", unit: "judgements", console: shared.console)
    defer { bar.finish() }
    var made = 0
    var workers = tokens.enumerated().map { index, token in
      (
        client: LabellerClient(server: address, token: token, http: .shared),
        labeller: SimulatedLabeller(
          preference: preference, noise: noise, seed: seed &* 1000 &+ UInt64(index))
      )
    }
    var idle = 0
    var turn = 0
    while made < wanted && idle < workers.count {
      defer { turn = (turn + 1) % workers.count }
      guard let assignment = try await workers[turn].client.claim(task: task) else {
        idle += 1
        continue
      }
      idle = 0
      let answers = assignment.responses.map { ($0.key, $0.text) }
      let ranking = workers[turn].labeller.ranking(of: answers)
      try await workers[turn].client.submit(ranking, for: assignment)
      made += 1
      bar.show(made, of: wanted)
    }
    return made
  }

  private func tokens(_ store: LabelStore) async throws -> [String] {
    var tokens: [String] = []
    for number in 1...labellers {
      let name = "simulated-\(number)"
      var person = try await store.person(named: name)
      if person == nil { person = try await store.addPerson(named: name, role: .labeller) }
      guard let person else { continue }
      let secret = Secret.random()
      try await store.addAPIToken(
        named: "simulation", tokenHash: secret.hash, person: person.id)
      tokens.append(secret.word)
    }
    return tokens
  }

  private func withServer(
    _ store: LabelStore, _ body: @escaping @Sendable (String) async throws -> Int
  ) async throws -> Int {
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
