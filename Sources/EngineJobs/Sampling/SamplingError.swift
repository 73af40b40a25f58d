import PreferenceData

/// The reason why policies could not be asked.
package enum SamplingError: Error, Equatable, CustomStringConvertible {
  case badAddress(String, String)
  case refused(place: String, model: String, status: Int, message: String)
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
      Earlier answers are stored; the same command continues from there.
      """
    case .tooFewResponses(let responses, let policies):
      """
      Cannot split \(responses) answers among \(policies) models. \
      Request at least one answer per model: --responses \(policies)
      """
    case .unknownEndpoint(let name, let known):
      """
      There is no endpoint “\(name)” in plumbline.yaml\
      \(known.isEmpty ? "" : "; known are: " + known.joined(separator: ", ")). \
      An address begins with http:// or https://.
      """
    case .alreadySampling(let task):
      "Answers to the prompts of “\(task)” are being generated already. Wait for that, or cancel it."
    }
  }

  private static func advice(_ status: Int) -> String {
    switch status {
    case 300..<400:
      "The endpoint redirects, and Plumbline does not follow redirects. Use the final URL."
    case 401, 403: "Check the key: PLUMBLINE_ENDPOINT_KEY, or --key-file."
    case 404: "Check the address and the model's name."
    default: "Check what it expects."
    }
  }
}

/// The reason why one prompt got no answers; others may.
struct PromptFailure: Error, Equatable {
  let place: String
  let reason: String
}
