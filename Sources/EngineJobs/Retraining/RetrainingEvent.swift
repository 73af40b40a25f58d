import PreferenceData

/// An event of a run, for its observers: a terminal, a page, a file.
package enum RetrainingEvent: Sendable, Equatable {
  case started(RunRecord)
  case stageStarted(RetrainingStage, number: Int, of: Int)
  case progress(RetrainingStage, EngineProgress)
  case stageFinished(RetrainingStage, summary: JSONValue)
  /// The stage was finished before the run was interrupted.
  case stageSkipped(RetrainingStage, summary: JSONValue)
  case registered(model: String)
  case sampling(done: Int, of: Int)
  /// The reward model scores the open prompts.
  case scoring(done: Int, of: Int)
}
