import Foundation
import LabelStore

/// Keeps imports between the upload and the decision, and while they run.
actor ImportDesk {
  private static let capacity = 8
  private static let keptFor: TimeInterval = 6 * 3600
  private var jobs: [String: ImportJob] = [:]

  /// Takes in a job; the oldest that nothing is happening with make room.
  func keep(_ job: ImportJob) {
    jobs = jobs.filter {
      $0.value.isWorking || job.receivedAt.timeIntervalSince($0.value.receivedAt) < Self.keptFor
    }
    let idle = jobs.values.filter { !$0.isWorking }
    if idle.count >= Self.capacity, let oldest = idle.min(by: { $0.receivedAt < $1.receivedAt }) {
      jobs[oldest.key] = nil
    }
    jobs[job.key] = job
  }

  /// Finds a job of this person.
  func job(_ key: String, of person: PersonID?, in task: TaskID) -> ImportJob? {
    guard let job = jobs[key], job.person == person, job.task == task else { return nil }
    return job
  }
}
