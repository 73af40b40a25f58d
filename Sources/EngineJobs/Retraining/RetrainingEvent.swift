import PreferenceData

/// An event of a retraining, for those who watch it: a terminal, a page, a file.
package enum RetrainingEvent: Sendable, Equatable {
  case started(RunRecord)
  case stageStarted(RetrainingStage, number: Int, of: Int)
  case progress(RetrainingStage, StageProgress)
  case stageFinished(RetrainingStage, StageReport)
  /// The stage was finished before the run was interrupted.
  case stageSkipped(RetrainingStage, StageReport)
  case registered(model: String)
  case sampling(done: Int, of: Int)
  /// The reward model scores the open prompts.
  case scoring(done: Int, of: Int)
}
