import PreferenceData

extension FileNotice {
  /// The notice in the reader's language.
  package func text(_ strings: Translations) -> String {
    func counted(_ name: String, _ count: Int) -> String {
      strings.count("fileNotices", name, count)
    }
    return switch self {
    case .compression(let kind): strings("fileNotices", "compression", ["name": kind.name])
    case .encoding(let encoding): strings("fileNotices", "encoding", ["name": encoding.name])
    case .guessedEncoding(let encoding):
      strings("fileNotices", "guessedEncoding", ["name": encoding.name])
    case .delimiter(let name): strings("fileNotices", "delimiter", ["name": name])
    case .unusualQuotes: strings("fileNotices", "unusualQuotes")
    case .delimiterLine: strings("fileNotices", "delimiterLine")
    case .titleRows(let count): counted("titleRows", count)
    case .emptyColumns(let count): counted("emptyColumns", count)
    case .blankRows(let count): counted("blankRows", count)
    case .shortRows(let count): counted("shortRows", count)
    case .wrapper(let names):
      strings(
        "fileNotices", "wrapper", ["names": names.joined(separator: ", ").quoted(atMost: 300)])
    case .nonFinite(let count): counted("nonFinite", count)
    }
  }
}
