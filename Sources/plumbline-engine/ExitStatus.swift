import Alignment
import ArgumentParser
import Foundation
import Foundations
import LanguageModels
import PreferenceData
import Torch

/// Maps errors to exit statuses (sysexits.h).
enum ExitStatus: Int32 {
  case failure = 1
  case usage = 64
  case badData = 65
  case unavailable = 69
  case interrupted = 130

  init(_ error: any Error) {
    self =
      switch error {
      case let error as LanguageModelError: Self.status(error)
      case let error as AlignmentError: Self.status(error)
      case let error as PreferenceDataError: Self.status(error)
      case is LineFailure: .badData
      case is FileError: .unavailable
      default: .failure
      }
  }

  /// Whether this program prints the error. The argument parser prints help and usage errors.
  static func isOurs(_ error: any Error) -> Bool {
    error is LanguageModelError || error is AlignmentError || error is PreferenceDataError
      || error is LineFailure || error is TorchError || error is FileError
  }

  private static func status(_ error: LanguageModelError) -> Self {
    switch error {
    case .inaccessible: .unavailable
    case .malformed, .unsupported, .unusable, .notFinite: .badData
    case .invalid: .usage
    }
  }

  private static func status(_ error: AlignmentError) -> Self {
    switch error {
    case .unknownSetting, .badSetting, .settingWithoutEffect, .cannotResume: .usage
    case .badData, .tooLittleData: .badData
    case .interrupted: .interrupted
    case .notANumber, .notFinite, .output, .workers: .failure
    }
  }

  private static func status(_ error: PreferenceDataError) -> Self {
    if case .unreadable = error { .unavailable } else { .badData }
  }
}
