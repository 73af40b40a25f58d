/// Why a retraining, or the engine under it, did not do what was asked.
package enum RetrainingError: Error, Equatable, CustomStringConvertible {
  case engineNotFound(looked: [String])
  case engineRefused(command: String, status: Int32, log: String, tail: String)
  case engineKilled(command: String, signal: Int32, log: String, tail: String)
  case engineGarbled(command: String, line: String)
  case engineSilent(command: String, log: String)
  case interrupted(command: String)
  case tooLittleData(task: String, missing: [String])
  case alreadyTraining(run: String)
  case unknownModel(name: String, folder: String)
  case unknownRun(id: String, folder: String)
  case notResumable(id: String, state: String)
  case unknownMethod(String)
  case unknownTask(String)
  case noRewardModel(task: String)
  case incompleteModel(stage: String, folder: String)
  case badSetting(String)
  /// Over the network, a setting whose value is a path.
  case fileSetting(String)

  /// The same error, or `interrupted` for a task that was cancelled.
  package static func interruption(_ error: any Error) -> any Error {
    error is CancellationError ? interrupted(command: "run") : error
  }

  package var description: String {
    switch self {
    case .engineNotFound(let looked):
      """
      plumbline-engine was not found (looked at \(looked.joined(separator: ", "))).
      Build it with: scripts/build, or name it in PLUMBLINE_ENGINE.
      """
    case .engineRefused(let command, let status, let log, let tail):
      """
      plumbline-engine \(command) ended with status \(status). Its last words (all of them: \(log)):
      \(tail)
      """
    case .engineKilled(let command, let signal, let log, let tail):
      """
      plumbline-engine \(command) was killed by signal \(signal)\(
        signal == 9 ? ", most often because memory ran out: try a smaller batch" : ""). \
      Its last words (all of them: \(log)):
      \(tail)
      """
    case .engineGarbled(let command, let line):
      "plumbline-engine \(command) printed a line that is not JSON: \(line.prefix(200))"
    case .engineSilent(let command, let log):
      "plumbline-engine \(command) ended without its summary. See \(log)."
    case .interrupted(let command):
      "plumbline-engine \(command) was interrupted."
    case .tooLittleData(let task, let missing):
      """
      There is too little data to retrain on “\(task)”:
      \(missing.map { "  - \($0)" }.joined(separator: "\n"))
      Let people rank more prompts, then try again.
      """
    case .alreadyTraining(let run):
      """
      The run \(run) is training in this workspace, and one runs at a time. \
      Wait for it, or end it with: plumbline runs cancel \(run)
      """
    case .unknownModel(let name, let folder):
      "There is no model “\(name)” in \(folder). See: plumbline models list"
    case .unknownRun(let id, let folder):
      "There is no run “\(id)” in \(folder). See: plumbline runs list"
    case .notResumable(let id, let state):
      "The run \(id) is \(state); only an interrupted or failed run can be resumed."
    case .unknownMethod(let method):
      "The method “\(method)” is not known. Known: ppo."
    case .unknownTask(let task):
      "There is no task “\(task)”. See: plumbline task list"
    case .noRewardModel(let task):
      "There is no reward model of “\(task)” yet. Train one with: plumbline retrain \(task)"
    case .incompleteModel(let stage, let folder):
      "The stage \(stage) ended well but left no report.json or no whole model in \(folder)."
    case .badSetting(let setting):
      "The setting “\(setting)” is not understood; settings are words of the form key=value, such "
        + "as batch=8 or ppo.batch=8."
    case .fileSetting(let key):
      "The setting “\(key)” names a file, and files are named on the command line only: "
        + "plumbline retrain TASK \(key)=FILE"
    }
  }
}
