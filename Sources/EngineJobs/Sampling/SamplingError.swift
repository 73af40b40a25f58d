import PreferenceData

/// Why policies could not be asked.
package enum SamplingError: Error, Equatable, CustomStringConvertible {
  case badAddress(String, String)
  case refused(place: String, model: String, status: UInt, message: String)
  case unreachable(place: String, reason: String)
  case failing(place: String, prompts: Int, reason: String)
  case tooFewResponses(Int, policies: Int)
  case unknownEndpoint(String, known: [String])
  case alreadySampling(task: String)

  package var description: String {
    switch self {
    case .badAddress(let address, let reason):
      "“\(address.quoted(atMost: 200))” is not the address of an endpoint: \(reason)."
    case .refused(let place, let model, let status, let message):
      """
      The endpoint \(place) refuses to answer as “\(model)” (status \(status)): \(message)
      \(Self.advice(status))
      """
    case .unreachable(let place, let reason):
      "The endpoint \(place) cannot be reached: \(reason). Is it running, and is the port right?"
    case .failing(let place, let prompts, let reason):
      """
      The endpoint \(place) failed for \(prompts) prompts in a row, the last time so: \(reason)
      Earlier answers are stored. Run the same command to continue.
      """
    case .tooFewResponses(let responses, let policies):
      "\(responses) answers cannot be shared among \(policies) policies; ask for at least one each."
    case .unknownEndpoint(let name, let known):
      """
      There is no endpoint “\(name)” in plumbline.yaml\
      \(known.isEmpty ? "" : "; known are: " + known.joined(separator: ", ")). \
      An address begins with http:// or https://.
      """
    case .alreadySampling(let task):
      "Policies are answering the prompts of “\(task)” already. Wait for them, or cancel that."
    }
  }

  private static func advice(_ status: UInt) -> String {
    switch status {
    case 300..<400: "It sends us elsewhere, and we do not follow. Give the final address."
    case 401, 403: "Check the key: PLUMBLINE_ENDPOINT_KEY, or --key-file."
    case 404: "Check the address and the model's name."
    default: "Check what it expects."
    }
  }
}

/// Why one prompt got no answers; others may.
struct PromptFailure: Error, Equatable {
  let place: String
  let reason: String
}
