import ArgumentParser
import EngineJobs

/// Where plumbline-engine is, for the commands that start it.
struct EngineLocation: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The engine's program (also PLUMBLINE_ENGINE; default: beside plumbline).",
      valueName: "file"))
  var engine: String?

  func engine(settings: Settings) throws -> Engine {
    try Engine.find(named: engine ?? settings.engine)
  }
}
