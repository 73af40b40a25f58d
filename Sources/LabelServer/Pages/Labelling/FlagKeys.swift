import Labelling

/// One key for each flag of an answer, so that “f” and then the key raises it: a letter of its
/// name that no flag before it took, else any that is left.
struct FlagKey: Sendable, Encodable {
  let question: String
  let value: String
  let key: String
}

enum FlagKeys {
  static func assigned(to questions: Questions) -> [FlagKey] {
    let spare = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var taken: Set<Character> = []
    var keys: [FlagKey] = []
    for question in questions.perResponse {
      guard let flags = (question.kind as? FlagsQuestion)?.values else { continue }
      for flag in flags {
        let own = flag.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        guard let key = (Array(own) + spare).first(where: { !taken.contains($0) }) else { continue }
        taken.insert(key)
        keys.append(FlagKey(question: question.id, value: flag, key: String(key)))
      }
    }
    return keys
  }
}
