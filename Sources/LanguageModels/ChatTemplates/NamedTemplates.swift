/// Templates that can be chosen by a name.
enum NamedTemplates {
  static let names = ["chatml", "llama2", "llama3", "zephyr", "gemma", "mistral", "plain"]

  /// Returns the template of a name, "" for `plain`, or nil for another word.
  static func text(_ name: String) -> String? {
    switch name.lowercased() {
    case "chatml": chatML
    case "llama2": llama2
    case "llama3": llama3
    case "zephyr": zephyr
    case "gemma": gemma
    case "mistral": mistral
    case "plain": ""
    default: nil
    }
  }

  /// `<|im_start|>role\ncontent<|im_end|>\n`.
  private static let chatML = """
    {%- for message in messages -%}
    {{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endfor -%}
    {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
    """

  /// `[INST] … [/INST]` with the system message inside the first turn (Touvron et al. 2023).
  private static let llama2 = """
    {%- set start = namespace(text='') -%}
    {%- for message in messages -%}
    {%- if loop.first and message.role == 'system' -%}
    {%- set start.text = '<<SYS>>\\n' + message.content + '\\n<</SYS>>\\n\\n' -%}
    {%- elif message.role == 'assistant' -%}
    {{ ' ' + (start.text + message.content).strip() + ' </s>' }}{% set start.text = '' -%}
    {%- else -%}
    {{ '<s>[INST] ' + (start.text + message.content).strip() + ' [/INST]' }}
    {%- set start.text = '' -%}
    {%- endif -%}
    {%- endfor -%}
    """

  /// `<|start_header_id|>role<|end_header_id|>`, with `<|eot_id|>` after each message.
  private static let llama3 = """
    {{- '<|begin_of_text|>' -}}
    {%- for message in messages -%}
    {{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' -}}
    {{ message.content.strip() + '<|eot_id|>' }}
    {%- endfor -%}
    {%- if add_generation_prompt -%}
    {{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
    {%- endif -%}
    """

  /// `<|role|>` on a separate line, with the end token after each message (Tunstall et al. 2023).
  private static let zephyr = """
    {%- for message in messages -%}
    {{ '<|' + message.role + '|>\\n' + message.content + '</s>\\n' }}
    {%- endfor -%}
    {%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif -%}
    """

  /// `<start_of_turn>role`. The assistant is `model`, and the system message opens the first turn.
  private static let gemma = """
    {{- '<bos>' -}}
    {%- set start = namespace(text='') -%}
    {%- for message in messages -%}
    {%- if loop.first and message.role == 'system' -%}
    {%- set start.text = message.content + '\\n\\n' -%}
    {%- else -%}
    {%- set role = 'model' if message.role == 'assistant' else message.role -%}
    {{ '<start_of_turn>' + role + '\\n' + start.text + message.content.strip() -}}
    {{ '<end_of_turn>\\n' }}{% set start.text = '' -%}
    {%- endif -%}
    {%- endfor -%}
    {%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif -%}
    """

  /// `[INST] … [/INST]` without a system message.
  private static let mistral = """
    {{- '<s>' -}}
    {%- for message in messages -%}
    {%- if message.role == 'assistant' %}{{ message.content + '</s>' }}
    {%- else %}{{ '[INST] ' + message.content + ' [/INST]' }}
    {%- endif -%}
    {%- endfor -%}
    """
}
