import Foundation

extension ChatTemplate {
  /// Reads the template of a Hugging Face folder; a folder without one is `plain`.
  public init(folder: URL) throws {
    let file = folder.appending(path: "chat_template.jinja")
    if FileManager.default.fileExists(atPath: file.path) {
      let text = try MappedFile(path: file.path).withBytes { String(decoding: $0, as: UTF8.self) }
      self = try Self(jinja: text, file: file.path)
      return
    }
    let configuration = folder.appending(path: "tokenizer_config.json")
    guard FileManager.default.fileExists(atPath: configuration.path) else {
      self = .plain
      return
    }
    let template = try JSON(file: configuration)["chat_template"]
    guard let template, !template.isNull else {
      self = .plain
      return
    }
    guard let text = template.string else { throw Self.unknown(configuration.path) }
    self = try Self(jinja: text, file: configuration.path)
  }

  /// Reads the template of a GGUF file; a file without one is `plain`.
  public init(gguf file: GGUFFile) throws {
    guard let text = file.metadata["tokenizer.chat_template"]?.string else {
      self = .plain
      return
    }
    self = try Self(jinja: text, file: file.file.path)
  }

  /// Recognises a template by its text; throws for one that is not known.
  public init(jinja: String, file: String) throws {
    let compact = Self.compact(jinja)
    for form in Self.chatMLForms {
      let parts = form.components(separatedBy: "DEFAULT")
      if parts.count == 1, compact == form {
        self = .chatML(defaultSystem: nil)
        return
      }
      guard parts.count == 2, compact.hasPrefix(parts[0]), compact.hasSuffix(parts[1]),
        compact.count >= form.count - "DEFAULT".count
      else { continue }
      let system = compact.dropFirst(parts[0].count).dropLast(parts[1].count)
      self = .chatML(defaultSystem: String(system))
      return
    }
    throw Self.unknown(file)
  }

  /// Picks a template by name: `chatml` or `plain`.
  public init(name: String) throws {
    switch name.lowercased() {
    case "chatml": self = .chatML(defaultSystem: nil)
    case "plain": self = .plain
    default:
      throw LanguageModelError.invalid(
        "There is no chat template \(name). Choose chatml or plain.")
    }
  }

  private static func unknown(_ file: String) -> LanguageModelError {
    .unsupported(
      file: file, problem: "has a chat template that is not known",
      remedy: "Say which to use: chatml, or plain for the bare text")
  }

  /// The ways in which checkpoints write ChatML, without the spaces that mean nothing.
  private static let chatMLForms: [String] = {
    let turn = "{{'<|im_start|>'+message['role']+'\n'+message['content']+'<|im_end|>'+'\n'}}"
    let open = "{%ifadd_generation_prompt%}{{'<|im_start|>assistant\n'}}{%endif%}"
    let system = "<|im_start|>system\nDEFAULT<|im_end|>\n"
    let loop = "{%formessageinmessages%}"
    let first = "{%ifloop.firstandmessages[0]['role']!='system'%}{{'\(system)'}}{%endif%}"
    return [
      loop + first + turn + "{%endfor%}" + open,
      loop + turn + "{%endfor%}" + open,
    ]
  }()

  /// Takes the spaces out of the code, not out of its texts, and applies the space control that
  /// Transformers renders with: a line end after a block goes, as does space beside `-`.
  private static func compact(_ jinja: String) -> String {
    var result = ""
    var quote: Character?
    var isEscaped = false
    var isCode = false
    var dropsSpace = false
    var previous: Character = " "
    for character in jinja.trimmingCharacters(in: .whitespacesAndNewlines) {
      defer { previous = character }
      if let open = quote {
        if isEscaped {
          result.append(character == "n" ? "\n" : character)
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else {
          result.append(character == open ? "'" : character)
          if character == open { quote = nil }
        }
      } else if isCode {
        if character == "-", previous == "%" || previous == "{" {
          trimSpace(before: 2, in: &result)
        } else if character == "'" || character == "\"" {
          quote = character
          result.append("'")
        } else if character == "}", previous == "%" || previous == "}" {
          isCode = false
          dropsSpace = result.dropLast().last == "-"
          if dropsSpace { result.remove(at: result.index(result.endIndex, offsetBy: -2)) }
          result.append(character)
        } else if !character.isWhitespace {
          result.append(character)
        }
      } else {
        if character.isWhitespace {
          if dropsSpace || (character == "\n" && result.hasSuffix("%}") && previous == "}") {
            continue
          }
        } else {
          dropsSpace = false
        }
        if previous == "{", character == "%" || character == "{" { isCode = true }
        result.append(character)
      }
    }
    return result
  }

  /// Drops the space before the last `count` characters.
  private static func trimSpace(before count: Int, in text: inout String) {
    let tag = text.suffix(count)
    var rest = text.dropLast(count)
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    text = String(rest + tag)
  }
}
