import PreferenceData
import Testing

@Suite("Messages of imported rows")
struct ImportMessageTests {
  private static func row(_ messages: String) -> String {
    #"{"conversations":\#(messages),"responses":["a","b"]}"#
  }

  @Test(
    "Speakers are known by all usual names, in any case",
    arguments: [
      ("Human", "user"), ("USER", "user"), ("prompter", "user"), ("customer", "user"),
      ("用户", "user"), ("GPT", "assistant"), ("chatgpt", "assistant"), ("Model", "assistant"),
      ("bot", "assistant"), ("agent", "assistant"), ("developer", "system"), ("System", "system"),
      ("observation", "tool"), ("ipython", "tool"), ("function", "tool"),
      ("function_response", "tool"), ("TOOL", "tool"),
    ])
  func speakers(name: String, role: String) throws {
    let record = try ReadRows.one(
      Self.row(#"[{"from":"\#(name)","value":"x"},{"from":"human","value":"Why?"}]"#))
    #expect(record.turns == ["\(role): x", "user: Why?"])
  }

  @Test("Parts of text are joined, and other parts are named at their place")
  func parts() throws {
    let read = try ReadRows.read([
      Self.row(
        #"[{"role":"user","content":[{"type":"text","text":"Look at"},"#
          + #"{"type":"image_url","image_url":{"url":"https://x.org/cat.png"}},"#
          + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},"#
          + #"{"type":"input_audio","input_audio":{"id":"s1"}},{"type":"text","value":"it."}]}]"#)
    ])
    let record = try read.rows[0].get().record
    #expect(
      record.messages[0].content == """
        Look at
        [image: https://x.org/cat.png]
        [image: 26 bytes]
        [audio: s1]
        it.
        """)
    #expect(read.notices == [ImportNotice(.pictures, firstLine: 1)])
    let other = try ReadRows.read([
      Self.row(#"[{"role":"user","content":[{"type":"file","file":{"name":"x.pdf"}},"Read it."]}]"#)
    ])
    #expect(try other.rows[0].get().record.messages[0].content == "[file: x.pdf]\nRead it.")
    #expect(other.notices == [ImportNotice(.otherParts, firstLine: 1)])
  }

  @Test("Tool calls stay structured in the prompt, in each of their forms")
  func toolCalls() throws {
    let call: JSONValue = [
      "type": "function", "function": ["name": "area", "arguments": ["sides": [3, 5]]],
    ]
    let result = #"{"role":"tool","tool_call_id":"c1","content":"15"}]"#
    for turn in [
      #"{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"area","arguments":{"sides":[3,5]}}}]}"#,
      #"{"role":"assistant","tool_calls":[{"name":"area","arguments":{"sides":[3,5]}}]}"#,
      #"{"role":"assistant","content":"","function_call":{"name":"area","arguments":{"sides":[3,5]}}}"#,
      #"{"from":"function_call","value":"{\"name\":\"area\",\"arguments\":{\"sides\":[3,5]}}"}"#,
      #"{"role":"assistant","content":[{"type":"tool_use","name":"area","input":{"sides":[3,5]}}]}"#,
      #"{"role":"assistant","content":[{"type":"tool_call","value":"{\"name\":\"area\",\"arguments\":{\"sides\":[3,5]}}"}]}"#,
    ] {
      let record = try ReadRows.one(
        Self.row(#"[{"role":"user","content":"Area?"},\#(turn),\#(result)"#))
      #expect(record.turns == ["user: Area?", "assistant: ", "tool: 15"], "\(turn)")
      #expect(record.messages[1].members["tool_calls"] == [call], "\(turn)")
      #expect(record.messages[2].members["tool_call_id"] == "c1")
    }
  }

  @Test("Answers are texts: reasoning comes first, and tool calls follow the words")
  func answersWithTools() throws {
    let read = try ReadRows.read([
      #"{"prompt":"Area?","chosen":[{"role":"assistant","reasoning_content":"Multiply.","#
        + #""content":"I ask.","tool_calls":[{"function":{"name":"area","arguments":"{\"sides\":[3,5]}"}}]},"#
        + #"{"role":"tool","content":"15"},{"role":"assistant","content":"15."}],"rejected":"8."}"#
    ])
    let record = try read.rows[0].get().record
    #expect(
      record.texts == [
        """
        <think>
        Multiply.
        </think>

        I ask.
        <tool_call>{"arguments":{"sides":[3,5]},"name":"area"}</tool_call>
        <tool_response>
        15
        </tool_response>
        15.
        """, "8.",
      ])
    #expect(read.notices == [ImportNotice(.toolCalls, firstLine: 1)])
  }

  @Test(
    "A message that cannot be read is named by its turn and its fault",
    arguments: [
      (
        #"[{"role":"user","content":"x"},{"role":"wizard","content":"y"}]"#,
        "turn 2 of “conversations” has the unknown role “wizard”; use system, user, assistant or tool."
      ),
      (
        #"[{"role":"user","content":"x"},{"role":"assistant"}]"#,
        "turn 2 of “conversations” has no content."
      ),
      (
        #"[{"content":"x"}]"#,
        "turn 1 of “conversations” has no “role” with the name of its speaker."
      ),
      (
        #"[{"role":"user","content":"x"},7]"#,
        "turn 2 of “conversations” is a number, not a message with role and content."
      ),
      (
        #"[{"role":3,"content":"x"}]"#,
        "turn 1 of “conversations” has a “role” that is a number, not a text."
      ),
      (
        #"[{"role":"user","content":"Hi"},{"role":"assistant","content":""},{"role":"user","content":"Well?"}]"#,
        "turn 2 of the conversation is empty. Give it some text, or remove the line."
      ),
    ])
  func problems(messages: String, problem: String) throws {
    #expect(try ReadRows.problem(Self.row(messages)) == problem)
  }

  @Test("What no template reads of a message is kept beside the prompt")
  func turnDetails() throws {
    let record = try ReadRows.one(
      Self.row(#"[{"role":"user","content":"Why?","weight":0,"name":"Ada"}]"#))
    #expect(record.messages[0].members == ["name": "Ada"])
    #expect(
      record.metadata["turn_details"] == [["field": "conversations", "turn": 1, "weight": 0]])
  }
}
