/// The reason why a model of the workspace cannot be used.
package enum ModelFolderError: Error, Equatable, CustomStringConvertible {
  case unknownModel(name: String, folder: String)
  case noRewardModel(task: String)
  case incompleteModel(stage: String, folder: String)

  package var description: String {
    switch self {
    case .unknownModel(let name, let folder):
      "There is no model “\(name)” in \(folder). See: plumbline models list"
    case .noRewardModel(let task):
      "There is no reward model of “\(task)” yet. Train one with: plumbline retrain \(task)"
    case .incompleteModel(let stage, let folder):
      """
      Stage \(stage) exited successfully, but \(folder) has no report.json or no complete model. \
      See the run's log.txt.
      """
    }
  }
}
