/// The reason why a retraining cannot start, or a run cannot be found.
package enum RetrainingError: Error, Equatable, CustomStringConvertible {
  case tooLittleData(task: String, missing: [String])
  case alreadyTraining(run: String)
  case unknownRun(id: String, folder: String)
  case notResumable(id: String, state: String)
  case unknownTask(String)
  case badSetting(String)
  /// Over the network, a setting whose value is a path.
  case fileSetting(String)

  package var description: String {
    switch self {
    case .tooLittleData(let task, let missing):
      """
      There is too little data to retrain on “\(task)”:
      \(missing.map { "  - \($0)" }.joined(separator: "\n"))
      Label more prompts, then try again.
      """
    case .alreadyTraining(let run):
      """
      The run \(run) is training in this workspace, and only one run can train at a time. \
      Wait for it, or end it with: plumbline runs cancel \(run)
      """
    case .unknownRun(let id, let folder):
      "There is no run “\(id)” in \(folder). See: plumbline runs list"
    case .notResumable(let id, let state):
      """
      Cannot resume the run \(id): it is \(state). \
      Only an interrupted, cancelled or failed run can be resumed.
      """
    case .unknownTask(let task):
      "There is no task “\(task)”. See: plumbline task list"
    case .badSetting(let setting):
      """
      Invalid setting “\(setting)”: expected key=value, such as batch=8 or ppo.batch=8.
      """
    case .fileSetting(let key):
      """
      The setting “\(key)” names a file, which is possible on the command line only: \
      plumbline retrain TASK \(key)=FILE
      """
    }
  }
}
