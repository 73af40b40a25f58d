import Foundation

/// One tag of a template.
struct TemplateTag: Hashable {
  enum Kind: Hashable {
    case value, section, inverted, end, partial
  }

  let kind: Kind
  let name: String

  static func all(in source: String) -> [TemplateTag] {
    source.matches(of: #/\{\{\{?\s*([#^\/&>]?)\s*([\w.\-\/]+)\s*\}?\}\}/#).map { match in
      let kind: Kind =
        switch match.output.1 {
        case "#": .section
        case "^": .inverted
        case "/": .end
        case ">": .partial
        default: .value
        }
      return TemplateTag(kind: kind, name: String(match.output.2))
    }
  }
}

/// Follows a template through a page as the renderer does, and lists names that are not there.
struct TemplateWalk {
  let sources: [String: String]

  func problems(in template: String, with page: Any) -> Set<String> {
    walk(TemplateTag.all(in: sources[template] ?? ""), [page])
  }

  private func walk(_ tags: [TemplateTag], _ stack: [Any]) -> Set<String> {
    var problems: Set<String> = []
    var index = 0
    while index < tags.count {
      let tag = tags[index]
      index += 1
      if tag.name.hasPrefix("strings.") { continue }
      switch tag.kind {
      case .end: continue
      case .partial:
        problems.formUnion(walk(TemplateTag.all(in: sources[tag.name] ?? ""), stack))
      case .value:
        if !has(tag.name, stack) { problems.insert(tag.name) }
      case .section, .inverted:
        if !has(tag.name, stack) { problems.insert(tag.name) }
        let end = end(of: tag.name, in: tags, from: index)
        let inside = Array(tags[index..<end])
        index = end + 1
        let items = tag.kind == .inverted ? [] : items(tag.name, stack)
        if tag.kind == .inverted { problems.formUnion(walk(inside, stack)) }
        for item in items { problems.formUnion(walk(inside, stack + [item])) }
      }
    }
    return problems
  }

  private func end(of name: String, in tags: [TemplateTag], from start: Int) -> Int {
    var depth = 1
    for index in start..<tags.count where tags[index].name == name {
      if tags[index].kind == .section || tags[index].kind == .inverted { depth += 1 }
      if tags[index].kind == .end { depth -= 1 }
      if depth == 0 { return index }
    }
    return tags.count
  }

  private func has(_ name: String, _ stack: [Any]) -> Bool {
    name == "." || stack.contains { Mirror(reflecting: $0).children.contains { $0.label == name } }
  }

  private func items(_ name: String, _ stack: [Any]) -> [Any] {
    guard
      let found = stack.reversed().lazy.compactMap({ object in
        Mirror(reflecting: object).children.first { $0.label == name }?.value
      }).first
    else { return [] }
    let mirror = Mirror(reflecting: found)
    switch mirror.displayStyle {
    case .optional: return mirror.children.map(\.value)
    case .collection: return mirror.children.map(\.value)
    default: return (found as? Bool) == true ? [found] : found is Bool ? [] : [found]
    }
  }
}
