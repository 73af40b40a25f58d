import PreferenceData
import Testing

@Suite("Fields of imported rows")
struct ImportMetadataTests {
  @Test(
    "A foreign field with a name of Plumbline's is kept under another name, and told",
    arguments: ["gold", "reference", "rubric", "by_answer", "judgements", "conversation"])
  func reserved(name: String) throws {
    let read = try ReadRows.read([#"{"question":"Why?","answers":["a","b"],"\#(name)":"x"}"#])
    let record = try read.rows[0].get().record
    #expect(record.metadata == ["imported_\(name)": "x"])
    #expect(
      read.notices == [
        ImportNotice(.renamed, detail: "\(name) → imported_\(name)", firstLine: 1)
      ])
    let table = try ReadRows.read(
      ["question,answer_a,answer_b,\(name)", "Why?,a,b,x"], name: "file.csv")
    #expect(try table.rows[0].get().record.metadata == ["imported_\(name)": "x"])
  }

  @Test("In our own rows, and in our own form, the names keep their meaning")
  func own() throws {
    let gold: JSONValue = ["ranking": [[2], [1]]]
    let own = try ReadRows.one(
      #"{"prompt":"Why?","responses":["a","b"],"gold":{"ranking":[[2],[1]]},"reference":"x"}"#)
    #expect(own.metadata == ["gold": gold, "reference": "x"])
    let foreign = try ReadRows.one(
      #"{"question":"Why?","answers":["a","b"],"gold":{"ranking":[[2],[1]]}}"#)
    #expect(foreign.metadata == ["gold": gold])
  }

  @Test(
    "Languages are codes: names are translated, codes stay, and other words do not route",
    arguments: [
      ("English", "en"), ("german", "de"), ("简体中文", "zh-Hans"), ("Français", "fr"), ("en", "en"),
      ("zh-Hans", "zh-Hans"), ("pt_BR", "pt_BR"), ("Chinese (Simplified)", "zh-Hans"),
      ("unknown", nil), ("Klingon", nil), ("code/python", nil),
    ])
  func languages(name: String, code: String?) throws {
    for row in [
      #"{"prompt":"Why?","responses":["a","b"],"language":"\#(name)"}"#,
      #"{"question":"Why?","answers":["a","b"],"language":"\#(name)"}"#,
    ] {
      let read = try ReadRows.read([row])
      let metadata = try read.rows[0].get().record.metadata
      #expect(metadata["language"]?.stringValue == code)
      #expect((metadata["imported_language"] == .string(name)) == (code == nil))
      #expect(read.notices.isEmpty == (name == code))
    }
  }

  @Test(
    "Ids are read as they are meant",
    arguments: [
      (#""id":1.0"#, "1"), (#""id":7"#, "7"), (#""prompt_id":"x y""#, "x y"),
      (#""qid":1.5"#, "1.5"),
      (#""id":12345678901234567890"#, "12345678901234567890"), (#""id":null"#, nil),
      (#""id":"""#, nil),
    ])
  func ids(member: String, id: String?) throws {
    #expect(try ReadRows.one(#"{"question":"Why?","answers":["a","b"],\#(member)}"#).id == id)
  }

  @Test("An id that cannot be one is kept as a field, and told")
  func unusableIDs() throws {
    for id in [#"[1]"#, #"{"a":1}"#, "true", "\"\(String(repeating: "x", count: 201))\""] {
      let read = try ReadRows.read([#"{"question":"Why?","answers":["a","b"],"id":\#(id)}"#])
      let record = try read.rows[0].get().record
      #expect(record.id == nil && record.metadata["imported_id"] != nil)
      #expect(read.notices.map(\.kind) == [.unusableID])
    }
  }

  @Test("A repeated id of other answers receives a number that no other row has")
  func repeatedIDs() throws {
    let read = try ReadRows.read(
      ["x", "x-2", "x", "x"].enumerated().map {
        #"{"prompt_id":"\#($1)","prompt":"Why?","chosen":"a\#($0)","rejected":"b"}"#
      })
    #expect(try read.rows.map { try $0.get().record.id } == ["x", "x-2", "x-3", "x-4"])
    #expect(read.notices == [ImportNotice(.repeatedID, count: 2, firstLine: 3)])
    // The same row again keeps its id; the store knows it.
    let same = try ReadRows.read(
      Array(repeating: #"{"prompt_id":"x","prompt":"P","chosen":"a","rejected":"b"}"#, count: 2))
    #expect(try same.rows.map { try $0.get().record.id } == ["x", "x"])
  }

  @Test("Rubrics of all sources have one form")
  func rubrics() throws {
    let rows = [
      #"{"question":"Why?","rubric":[{"title":"T","description":"x","weight":5}]}"#,
      #"{"prompt":"Why?","rubrics":[{"criterion":"x","points":5,"title":"T"}]}"#,
      #"{"prompt":"Why?","rubric":[{"text":"x","weight":5,"title":"T"}]}"#,
    ]
    for row in rows {
      #expect(
        try ReadRows.one(row).metadata["rubric"] == [["title": "T", "text": "x", "weight": 5]],
        "\(row)")
    }
    let other = try ReadRows.one(#"{"question":"Why?","rubric":"Be fair."}"#)
    #expect(other.metadata == ["imported_rubric": "Be fair."])
  }

  @Test(
    "Answers that look the same are told, and others are not",
    arguments: [
      (["Cod", "Cod\n"], true), (["Cod", "Cod "], true), (["Cod", "Cod\u{a0}"], true),
      (["caf\u{e9}", "cafe\u{301}"], true), (["C\u{200b}od", "Cod"], true),
      (["a b", "a  b"], true), (["x\u{301}y", "xy"], false), (["Cod", "cod"], false),
      (["天空", "天 空"], true), (["天空", "天"], false), (["é1", "e1"], false), (["a", "ab"], false),
      (["a\u{430}", "aa"], false),
    ])
  func lookAlikes(texts: [String], same: Bool) throws {
    for key in ["responses", "answers"] {
      let line = CanonicalJSON.text(
        .object(["prompt": "Why?", key: .array((texts + ["Trout"]).map { .string($0) })]))
      let read = try ReadRows.read([line])
      #expect(read.rows.count == 1)
      #expect(read.notices.contains { $0.kind == .lookAlikes } == same, "\(texts)")
    }
  }

  @Test("An answer without a visible character is told")
  func invisible() throws {
    for text in ["\u{200b}", "\u{2060}\u{feff}", "\u{ad}"] {
      let line = CanonicalJSON.text(["prompt": "Why?", "responses": [.string(text), "b"]])
      #expect(try ReadRows.read([line]).notices.map(\.kind) == [.invisible])
    }
  }

  @Test(
    "Pictures that nobody will see are told",
    arguments: [
      #""prompt":"<image>Why?","images":["cat.png"]"#, #""prompt":"Why?","image":"cat.png""#,
      #""prompt":"Look <image> here""#, #""prompt":"Why?","videos":[{"path":"x.mp4"}]"#,
    ])
  func pictures(members: String) throws {
    let read = try ReadRows.read(["{\(members),\"chosen\":\"a\",\"rejected\":\"b\"}"])
    #expect(read.notices == [ImportNotice(.pictures, firstLine: 1)])
    #expect(
      try ReadRows.read([#"{"prompt":"Why?","images":[],"chosen":"a","rejected":"b"}"#]).notices
        .isEmpty)
  }

  @Test("Most of the first rows decide on the format, and each row is read as what it is")
  func shapes() throws {
    let read = try ReadRows.read([
      #"{"prompt":"Only a prompt."}"#,
      #"{"prompt":"P1","response_a":"a","response_b":"b"}"#,
      #"{"prompt":"P2","response_a":"a","response_b":"b"}"#,
      #"{"conversations":[{"from":"human","value":"P3"}],"chosen":"a","rejected":"b"}"#,
      #"{"prompt":"P4","chosen":"a","rejected":"b"}"#,
    ])
    let records = try read.rows.map { try $0.get().record }
    #expect(read.plan.shape == .columns && read.plan.isAutomatic)
    #expect(records.map(\.texts) == [[], ["a", "b"], ["a", "b"], ["a", "b"], ["a", "b"]])
    #expect(
      read.notices == [
        ImportNotice(.otherShape, detail: "sharegpt", firstLine: 4),
        ImportNotice(.otherShape, detail: "trl", firstLine: 5),
      ])
  }

  @Test("Columns are known in several languages")
  func headers() throws {
    for header in [
      "编号,问题,回答1,回答2,模型1,模型2", "编号,提示,答案A,答案B,模型A,模型B",
      "id,Frage,Antwort 1,Antwort 2,Modell 1,Modell 2",
      "id,question,réponse A,réponse B,modèle A,modèle B",
      "id,pregunta,respuesta 1,respuesta 2,modelo 1,modelo 2",
      "id,質問,回答1,回答2,モデル1,モデル2", "编号,问,回答一,回答二,模型一,模型二",
    ] {
      let record = try ReadRows.read([header, "7,Why?,a,b,x,y"], name: "f.csv").rows[0].get().record
      #expect(record.id == "7" && record.turns == ["user: Why?"], "\(header)")
      #expect(
        record.texts == ["a", "b"] && record.responses.map(\.source) == ["x", "y"], "\(header)")
      #expect(record.metadata.isEmpty, "\(header)")
    }
  }

  @Test("A mapping names columns with commas and quotes, a preference and a judge")
  func mappings() throws {
    let text = #"prompt="Question, please",response="""a"", b",response=c,preference=p,judge=who"#
    let mapping = try ColumnMapping(parsing: text)
    #expect(mapping.prompt == ["Question, please"] && mapping.responses == [#""a", b"#, "c"])
    #expect(mapping.text == text)
    #expect(try ColumnMapping(parsing: mapping.text) == mapping)
    let line = #"{"Question, please":"Why?","\"a\", b":"x","c":"y","p":"c","who":"ada","note":1}"#
    let record = try ReadRows.read([line], mapping: mapping).rows[0].get().record
    #expect(record.texts == ["x", "y"] && record.metadata["note"] == 1)
    #expect(record.judgements.map(\.ranking) == [[[1], [0]]])
    #expect(record.judgements.map(\.judge) == ["ada"])
    for bad in [#"prompt="x"#, "prompt", "=x", #"prompt="a",who="b""#] {
      #expect(throws: PreferenceDataError.self) { try ColumnMapping(parsing: bad) }
    }
  }
}
