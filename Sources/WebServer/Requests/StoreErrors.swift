import LabelStore
import Labelling
import PreferenceData

extension LabelStoreError: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .notFound: WebError(.notFound, code: "notFound", message: description)
    case .nameTaken: WebError(.conflict, code: "nameTaken", message: description, field: "name")
    case .badName:
      WebError(.unprocessableContent, code: "badName", message: description, field: "name")
    case .personDisabled: WebError(.forbidden, code: "personDisabled", message: description)
    case .linkUsed: WebError(.gone, code: "linkUsed", message: description)
    case .linkExpired: WebError(.gone, code: "linkExpired", message: description)
    case .taskArchived: WebError(.conflict, code: "taskArchived", message: description)
    case .leaseExpired: WebError(.conflict, code: "leaseExpired", message: description)
    case .leaseEnded: WebError(.conflict, code: "leaseEnded", message: description)
    case .responsesFrozen: WebError(.conflict, code: "responsesFrozen", message: description)
    case .responsesRefused: WebError(.conflict, code: "responsesRefused", message: description)
    case .goldRefused: WebError.invalid(description, field: "ranking")
    case .nothingToExport: WebError(.conflict, code: "nothingToExport", message: description)
    case .nothingToDecide: WebError(.conflict, code: "nothingToDecide", message: description)
    case .fileExists: WebError(.conflict, code: "fileExists", message: description)
    case .importInterrupted:
      WebError(.init(code: 507), code: "importInterrupted", message: description)
    case .webhookExists:
      WebError(.conflict, code: "webhookExists", message: description, field: "url")
    case .tooManyTokens: WebError(.conflict, code: "tooManyTokens", message: description)
    case .slugTaken:
      WebError(.conflict, code: "slugTaken", message: description, field: "slug")
    case .slugIsPermanent: WebError.invalid(description, field: "slug")
    case .notYourself: WebError(.conflict, code: "notYourself", message: description)
    case .badTokenName: WebError.invalid(description, field: "name")
    case .promptWithdrawn: WebError(.conflict, code: "promptWithdrawn", message: description)
    case .importUnfinished: WebError(.conflict, code: "importUnfinished", message: description)
    case .externalLabeller: WebError(.conflict, code: "externalLabeller", message: description)
    case .promptHeld: WebError(.conflict, code: "promptHeld", message: description)
    case .tooManyRevisions:
      WebError(.conflict, code: "tooManyRevisions", message: description)
    case .tooManyDecisions:
      WebError(.conflict, code: "tooManyDecisions", message: description)
    case .diskFull: WebError(.init(code: 507), code: "diskFull", message: description)
    case .unopenable, .newerSchema, .olderSchema:
      WebError(
        .internalServerError, code: "storeUnavailable",
        message: "The store is not available right now. Ask an admin to check the server's log.")
    }
  }
}

extension LabellingError: WebErrorConvertible {
  package var webError: WebError {
    switch self {
    case .badForm(let problem): problem.webError
    case .badTask: WebError.invalid(description, field: field)
    }
  }
}

extension FormProblem: WebErrorConvertible {
  package var webError: WebError { WebError.invalid(description, field: field) }
}
