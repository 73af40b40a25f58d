/// The members of a wrapping object whose lists contain the rows: {"data": […]}, {"train": […], "test": […]},
/// or one object deeper.
public struct JSONWrapper: Sendable, Hashable {
  /// The names of the lists that were seen.
  public var names: [String]
  /// 1 for members of the object itself, 2 for members of an object in it.
  public var depth: Int

  /// Whether a list has rows. Parts of a data set may begin far down in the file.
  func holdsRows(_ path: [String]) -> Bool {
    guard path.count == depth, let name = path.last else { return false }
    return names.contains(name) || (Self.isSplit(names.first ?? "") && Self.isSplit(name))
  }

  /// The name of the split that a list contains, or nil if it is named for something else.
  static func split(_ path: [String]) -> String? {
    path.last.flatMap { isSplit($0) ? $0 : nil }
  }

  private static let lists: Set<String> = [
    "data", "rows", "records", "prompts", "examples", "items", "instances", "samples", "entries",
    "dataset", "results", "questions", "documents", "list",
  ]
  private static let listsOfTexts: Set<String> = [
    "data", "rows", "prompts", "questions", "instructions", "queries", "items",
  ]
  private static let splits: Set<String> = [
    "train", "test", "validation", "valid", "val", "dev", "eval", "training", "holdout",
  ]

  private static func isSplit(_ name: String) -> Bool {
    let first = name.lowercased().prefix { $0 != "_" && $0 != "-" && $0 != "." }
    return splits.contains(String(first))
  }

  // Keys that make an object a row, whatever else is in it.
  private static let rowKeys: Set<String> = [
    "prompt", "instruction", "question", "query", "input", "text", "messages", "conversations",
    "conversation", "chosen", "rejected", "context", "history", "fields", "completion",
    "completions", "responses", "answers", "message_tree_id", "conversation_a", "user_prompt",
  ]
}

extension JSONWrapper {
  /// Recognises a wrapping object; nil for a row.
  init?(_ outline: JSONOutline) {
    let isRow = outline.members.contains { member in
      guard member.path.count == 1, Self.rowKeys.contains(member.path[0].lowercased()) else {
        return false
      }
      if case .other = member.value { return false }
      return true
    }
    if isRow { return nil }
    for depth in 1...2 {
      let lists = outline.members.filter { $0.path.count == depth }
      let certain = lists.filter { Self.holds($0, certainly: true) }
      // Objects one after the other are rows, unless they wrap rows beyond doubt.
      let mayBeUnsure = depth == 1 && !outline.isFollowed
      let found =
        certain.isEmpty && mayBeUnsure ? lists.filter { Self.holds($0, certainly: false) } : certain
      guard !found.isEmpty else { continue }
      names = found.compactMap(\.path.last)
      self.depth = depth
      return
    }
    return nil
  }

  private static func holds(_ member: JSONOutline.Member, certainly: Bool) -> Bool {
    guard case .list(let first) = member.value, let name = member.path.last?.lowercased() else {
      return false
    }
    let isKnown = lists.contains(name) || isSplit(name)
    switch first {
    case .object(let element)?:
      if element["role"] != nil || element["from"] != nil { return false }
      let isRow =
        element["row"]?.objectValue != nil || element["data"]?.objectValue != nil
        || element.keys.contains { rowKeys.contains($0.lowercased()) }
      return certainly ? isRow : isKnown
    case .string?: return !certainly && listsOfTexts.contains(name)
    case nil: return !certainly && isKnown
    default: return false
    }
  }
}

extension JSONOutline {
  /// Whether the object is a table column by column, as pandas and datasets write it unless told
  /// otherwise.
  var isColumnwise: Bool {
    func lists(_ key: String) -> Bool {
      members.contains { member in
        guard member.path == [key], case .list(.string?) = member.value else { return false }
        return true
      }
    }
    let names = members.filter { $0.path.count == 1 }.map { $0.path[0] }
    let isByIndex =
      names.count > 1
      && names.allSatisfy { name in
        members.first { $0.path.count == 2 && $0.path[0] == name }?.path[1] == "0"
      }
    let isSplit = names.contains("columns") && names.contains("data") && lists("columns")
    let isByName = ["prompt", "instruction", "question"].contains(where: lists) && names.count > 1
    return isByIndex || isSplit || isByName
  }
}
