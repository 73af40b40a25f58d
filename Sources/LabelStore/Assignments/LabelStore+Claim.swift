import Foundation
import GRDB
import Labelling
import PreferenceData

extension LabelStore {
  /// Returns the prompt that a labeller has claimed already, or leases the next one to them.
  /// Returns nil when there is none for this labeller now.
  ///
  /// Pass the current assignment as `prefetchingAfter` to lease the prompt after it, which a page can
  /// then show as soon as the current one is submitted. That lease is short, so that a closed page
  /// keeps little from others.
  public func claimNextPrompt(
    of taskID: TaskID, for labeller: PersonID, prefetchingAfter current: AssignmentID? = nil
  ) async throws -> Assignment? {
    let next = try await claim(for: labeller, prefetchingAfter: current) { try $1.task($0, taskID) }
    if case .assignment(let assignment) = next { return assignment }
    return nil
  }

  /// Does the same for the task with a slug, and returns the reason when there is no prompt.
  public func nextPrompt(
    ofTask slug: String, for labeller: PersonID, prefetchingAfter current: AssignmentID? = nil
  ) async throws -> NextPrompt {
    try await claim(for: labeller, prefetchingAfter: current) { try $1.task($0, slug: slug) }
  }

  private func claim(
    for labeller: PersonID, prefetchingAfter current: AssignmentID?,
    task: @escaping @Sendable (Database, WriterCache) throws -> LabelTask
  ) async throws -> NextPrompt {
    let now = now
    return try await writeInGroup { db, cache in
      let task = try task(db, cache)
      return try Claim(task: task, labeller: labeller, current: current, now: now)
        .next(db, cache)
    }
  }

  /// Returns a labeller's own assignment. Throws `notFound` for another labeller's, and
  /// `promptWithdrawn` if no judgement of its prompt is needed any more.
  public func assignment(_ id: AssignmentID, of labeller: PersonID) async throws -> Assignment {
    try await read { db in
      let lease = try Lease.find(db, id, of: labeller)
      if lease.state == .returned || lease.state == .expired { try lease.requireOpenPrompt(db) }
      return try Assignment.load(db, lease, of: LabelTask.find(db, lease.taskID))
    }
  }
}

/// A labeller's request for the next prompt of a task.
struct Claim {
  let task: LabelTask
  let labeller: PersonID
  /// The current assignment, if the claim prefetches the one after it.
  let current: AssignmentID?
  let now: Int64

  func next(_ db: Database, _ cache: WriterCache) throws -> NextPrompt {
    try cache.requireActive(db, labeller)
    if task.isArchived { throw LabelStoreError.taskArchived(task.slug) }
    try cache.expireOverdue(db, at: now)
    if let held = try Lease.held(db, by: labeller, in: task.id, prefetchingAfter: current) {
      return .assignment(try Assignment.load(db, held, of: task))
    }
    try cache.ensureParticipant(db, labeller, in: task.id, at: now)
    if let reached = try Cap(task: task, labeller: labeller, now: now).reached(db) {
      return .nothing(reached)
    }
    if let lapsed = try Lease.lapsed(db, of: labeller, in: task.id, prefetchingAfter: current),
      let lease = try lapsed.retake(db, at: now, for: leaseSeconds)
    {
      return .assignment(try Assignment.load(db, lease, of: task))
    }
    if let gold = try GoldQueue(task: task, labeller: labeller, cache: cache).next(db) {
      return .assignment(try take(gold, db))
    }
    let queue = try Queue(db, task: task, labeller: labeller, cache: cache)
    if let prompt = try queue.next(db) { return .assignment(try take(prompt, db)) }
    return .nothing(try queue.reasonForNothing(db, at: now))
  }

  /// The first term of the lease. A prefetched lease is renewed when its prompt is shown.
  private var leaseSeconds: Int {
    current == nil ? task.definition.leaseSeconds : min(task.definition.leaseSeconds, 300)
  }

  /// Leases a free slot of a prompt. Reuses an earlier assignment of the same labeller.
  private func take(_ prompt: QueuedPrompt, _ db: Database) throws -> Assignment {
    if let earlier = prompt.earlier,
      let lease = try Lease.find(db, earlier, of: labeller)
        .retake(db, at: now, for: leaseSeconds)
    {
      return try Assignment.load(db, lease, of: task)
    }
    let responses = try PreferenceRecord.Response.all(db, of: prompt.id)
    let order = BlindOrder(
      taskSeed: task.seed, labeller: labeller.description, prompt: prompt.name,
      responses: responses.map(\.id))
    let lease = try Lease.insert(
      db, prompt: prompt.id, task: task.id, labeller: labeller, shown: order.shown,
      seed: order.seed, at: now, until: now + Int64(leaseSeconds) * 1000,
      firstSlotIsFree: prompt.slotsTaken == 0)
    guard let lease else { throw LabelStoreError.leaseExpired }
    return Assignment(
      lease, of: task, messages: try [ChatMessage](stored: prompt.messages),
      responses: responses)
  }
}

enum Participant {
  /// The start of the pseudonyms of external labellers.
  static let externalPrefix = "external-"

  /// Adds a labeller to a task under a pseudonym, unless they have one. Returns a new pseudonym.
  static func ensure(
    _ db: Database, _ labeller: PersonID, in task: TaskID
  ) throws -> String? {
    let exists = try Bool.fetchOne(
      db.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND personId = ?)"),
      arguments: [task, labeller])
    if exists == true { return nil }
    var number =
      try Int.fetchOne(
        db, sql: "SELECT count(*) + 1 FROM participant WHERE taskId = ?", arguments: [task]) ?? 1
    while try Bool.fetchOne(
      db, sql: "SELECT EXISTS (SELECT 1 FROM participant WHERE taskId = ? AND pseudonym = ?)",
      arguments: [task, "labeller-\(number)"]) == true
    { number += 1 }
    try insert(db, labeller, in: task, as: "labeller-\(number)")
    return "labeller-\(number)"
  }

  static func insert(
    _ db: Database, _ labeller: PersonID, in task: TaskID, as pseudonym: String
  ) throws {
    try db.execute(
      sql: "INSERT INTO participant (taskId, personId, pseudonym) VALUES (?, ?, ?)",
      arguments: [task, labeller, pseudonym])
  }
}
