import Foundation

extension ChatTemplate {
  /// Reads the template of a Hugging Face folder. A folder without a template is `plain`.
  public init(folder: URL) throws {
    guard let (text, file) = try Self.source(folder: folder) else {
      self = .plain
      return
    }
    let inner = AnswerEndTemplate.inner(of: text)
    if let inner, AnswerEndTemplate.isPlain(inner) {
      self = .plain
    } else {
      self = try Self(jinja: inner ?? text, file: file, special: SpecialTexts(folder: folder))
    }
  }

  /// Reads the template of a GGUF file. A file without a template is `plain`.
  public init(gguf file: GGUFFile) throws {
    guard let text = file.metadata["tokenizer.chat_template"]?.string else {
      self = .plain
      return
    }
    self = try Self(jinja: text, file: file.file.path, special: SpecialTexts(gguf: file))
  }

  /// Recognises a template by its text. Throws if it is not a known template.
  public init(jinja: String, file: String) throws {
    self = try Self(jinja: jinja, file: file, special: SpecialTexts())
  }

  private init(jinja: String, file: String, special: SpecialTexts) throws {
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
    guard let other = Self.recognise(compact, special) else { throw Self.unknown(file) }
    self = other
  }

  /// Distinguishes the families by texts that only they contain. Throws for a template that also
  /// handles tools or dates, because the output would differ.
  private static func recognise(_ jinja: String, _ special: SpecialTexts) -> ChatTemplate? {
    func has(_ texts: String...) -> Bool { texts.allSatisfy(jinja.contains) }
    guard !["tools", "strftime", "date_string", "thinking"].contains(where: jinja.contains) else {
      return nil
    }
    let content = "message['content']"
    if has("'<|start_header_id|>'+message['role']+'<|end_header_id|>\n\n'", "|trim", "<|eot_id|>") {
      return .llama3(begin: special.begin ?? "<|begin_of_text|>")
    }
    if has("'<start_of_turn>'+role+'\n'", "|trim", "<end_of_turn>\n") {
      return .gemma(begin: special.begin ?? "<bos>")
    }
    let (begin, end) = (special.begin ?? "<s>", special.end ?? "</s>")
    if ["user", "system", "assistant"].allSatisfy({ has("'<|\($0)|>\n'+\(content)+eos_token}}\n") })
    {
      return .zephyr(end: end)
    }
    let system = "'<<SYS>>\n'+system_message+'\n<</SYS>>\n\n'"
    if has(
      system, "bos_token+'[INST] '+content.strip()+' [/INST]'", "' '+content.strip()+' '+eos_token")
    {
      return .llama2(begin: begin, end: end)
    }
    if has("{{bos_token}}", "'[INST] '+\(content)+' [/INST]'", content + "+eos_token"),
      !jinja.contains("SYS")
    {
      return .mistral(
        begin: begin, end: end, before: has("' '+\(content)+eos_token") ? " " : "",
        after: has("eos_token+' '") ? " " : "")
    }
    return nil
  }

  /// Creates the template of a name in `names`.
  public init(name: String) throws {
    switch name.lowercased() {
    case "chatml": self = .chatML(defaultSystem: nil)
    case "llama2": self = .llama2(begin: "<s>", end: "</s>")
    case "llama3": self = .llama3(begin: "<|begin_of_text|>")
    case "zephyr": self = .zephyr(end: "</s>")
    case "gemma": self = .gemma(begin: "<bos>")
    case "mistral": self = .mistral(begin: "<s>", end: "</s>", before: "", after: "")
    case "plain": self = .plain
    default:
      throw LanguageModelError.invalid(
        "Unknown chat template \(name). Choose one of \(Self.names).")
    }
  }

  /// The names that `init(name:)` knows.
  public static let names = "chatml, llama2, llama3, zephyr, gemma, mistral, plain"

  static func unknown(_ file: String) -> LanguageModelError {
    .unsupported(
      file: file, problem: "has an unknown chat template",
      remedy: "Choose a template with --chat-template: \(names)")
  }

  /// The forms in which checkpoints write ChatML, without insignificant spaces.
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

  /// Removes spaces from the code of a template but not from its texts, and applies Transformers'
  /// whitespace control: a line break after a block and spaces next to `-` are removed.
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

  /// Removes the spaces before the last `count` characters.
  private static func trimSpace(before count: Int, in text: inout String) {
    let tag = text.suffix(count)
    var rest = text.dropLast(count)
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    text = String(rest + tag)
  }
}

/// The begin and end tokens as the checkpoint spells them.
struct SpecialTexts {
  var begin: String?
  var end: String?

  init() {}

  /// Reads `tokenizer_config.json`, and `special_tokens_map.json` for missing members.
  init(folder: URL) throws {
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      let file = folder.appending(path: name)
      guard FileManager.default.fileExists(atPath: file.path) else { continue }
      let json = try JSON(file: file)
      func text(_ key: String) -> String? { json[key]?.string ?? json[key]?["content"]?.string }
      begin = begin ?? text("bos_token")
      end = end ?? text("eos_token")
    }
  }

  init(gguf file: GGUFFile) {
    let tokens = file.metadata["tokenizer.ggml.tokens"]?.strings ?? []
    func text(_ key: String) -> String? {
      file.metadata["tokenizer.ggml." + key]?.integer.flatMap {
        tokens.indices.contains($0) ? tokens[$0] : nil
      }
    }
    begin = text("bos_token_id")
    end = text("eos_token_id")
  }
}
