/// One key for each flag, so that “f” and then the key raises it: a letter of its name that no
/// flag before it took, else any that is left.
enum FlagKeys {
  static func assigned(to flags: [String]) -> [String: String] {
    let spare = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    var taken: Set<Character> = []
    return flags.reduce(into: [:]) { keys, flag in
      let own = flag.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
      guard let key = (Array(own) + spare).first(where: { !taken.contains($0) }) else { return }
      taken.insert(key)
      keys[flag] = String(key)
    }
  }
}
