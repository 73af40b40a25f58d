import ArgumentParser
import EngineJobs

/// The location of plumbline-engine, for the commands that start it.
struct EngineLocation: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Path of plumbline-engine (also PLUMBLINE_ENGINE; default: beside plumbline).",
      valueName: "file"))
  var engine: String?

  func engine(settings: WorkspaceSettings) throws -> Engine {
    try Engine.find(named: engine ?? settings.engine)
  }
}
