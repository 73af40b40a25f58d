import ArgumentParser
import EngineJobs
import Foundation
import Foundations
import LabelStore
import Labelling
import PreferenceData

/// The exit status of a command.
enum ExitStatus: Int32 {
  case failure = 1
  case usage = 64
  case badData = 65
  case unavailable = 69
  case interrupted = 130

  /// Maps an error to its exit status. No other code does.
  init(_ error: any Error) {
    self =
      switch error {
      case let failure as Failure: failure.status
      case PreferenceDataError.unknownFormat, PreferenceDataError.unknownShape,
        PreferenceDataError.badMapping:
        .usage
      case PreferenceDataError.unreadable, is FileError: .unavailable
      case is PreferenceDataError, is LineError, is LabellingError: .badData
      case let error as LabelStoreError: Self(error)
      case let error as EngineError: Self(error)
      case let error as ModelFolderError: Self(error)
      case let error as RetrainingError: Self(error)
      case let error as SamplingError: Self(error)
      default: .failure
      }
  }

  private init(_ error: LabelStoreError) {
    self =
      switch error {
      case .unopenable, .newerSchema, .olderSchema, .diskFull, .notFound, .importInterrupted:
        .unavailable
      default: .badData
      }
  }

  private init(_ error: SamplingError) {
    self =
      switch error {
      case .badAddress, .tooFewResponses, .unknownEndpoint: .usage
      case .refused, .unreachable, .failing, .alreadySampling: .unavailable
      }
  }

  private init(_ error: EngineError) {
    self =
      switch error {
      case .interrupted: .interrupted
      case .notFound: .unavailable
      case .failed(_, let status, _, _): ExitStatus(rawValue: status) ?? .failure
      case .killed, .invalidEngineOutput, .missingEngineSummary: .failure
      }
  }

  private init(_ error: ModelFolderError) {
    self =
      switch error {
      case .unknownModel, .noRewardModel: .unavailable
      case .incompleteModel: .failure
      }
  }

  private init(_ error: RetrainingError) {
    self =
      switch error {
      case .badSetting, .fileSetting, .notResumable: .usage
      case .tooLittleData: .badData
      case .unknownRun, .unknownTask, .alreadyTraining: .unavailable
      }
  }
}

extension ParsableArguments {
  /// Prints the error on standard error and ends the program with its status.
  static func exit(withFailure error: any Error) -> Never {
    let isParsing = exitCode(for: error) == .validationFailure
    let isHelp = exitCode(for: error) == .success
    if isParsing || isHelp || error is ExitCode { exit(withError: error) }
    Console.standardError("plumbline: \(error)")
    Foundation.exit(ExitStatus(error).rawValue)
  }
}
