/// Names the shapes in which preferences leave the store.
public enum ExportFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// Everything, one line per judgement.
  case rankings
  /// One line per comparison, with texts, ids and margin.
  case pairs
  /// TRL's explicit preference rows as plain texts.
  case trl
  /// TRL's explicit conversational preference rows.
  case trlChat = "trl-chat"
  /// TRL's unpaired rows: one answer and whether it is good.
  case kto
  /// Conversations that end with an answer worth imitating.
  case sft
  /// Anthropic's HH transcripts.
  case hh
  /// OpenRLHF's reward-model and DPO rows.
  case openrlhf
  /// LLaMA-Factory's ShareGPT preference rows, described in `dataset_info.json`.
  case llamaFactory = "llama-factory"
  /// Axolotl's `chat_template.default` preference rows.
  case axolotl
  /// Whole rankings in Nectar's shape, best answer with rank 1.
  case nectar
  /// Pairs of whole conversations with the winner, as in Arena's 140k votes.
  case arena = "arena-140k"
  /// Answers with HelpSteer2's five scores.
  case helpSteer2 = "helpsteer2"
  /// Pairs with HelpSteer3's preference from −3 to 3.
  case helpSteer3 = "helpsteer3"
  /// NeMo RL's pairs of ranked completions.
  case nemoRL = "nemo-rl"

  /// Finds a format by its name; throws `PreferenceDataError.unknownFormat`.
  public init(named name: String) throws {
    guard let format = Self(rawValue: name) else { throw PreferenceDataError.unknownFormat(name) }
    self = format
  }

  /// The use of the format, in one line.
  public var purpose: String {
    switch self {
    case .rankings: "everything, one line per judgement; plumbline import reads it back"
    case .pairs: "one line per comparison with ids, labeller, margin and split, for own scripts"
    case .trl: "TRL's RewardTrainer and DPOTrainer, plain texts with margin (single questions)"
    case .trlChat: "TRL's RewardTrainer and DPOTrainer, conversations"
    case .kto: "TRL's KTOTrainer: one answer and whether it is good"
    case .sft: "any SFT trainer: demonstrations and answers ranked first, as messages"
    case .hh: "what reads Anthropic's HH: \\n\\nHuman: and \\n\\nAssistant: transcripts"
    case .openrlhf: "OpenRLHF: --data.prompt_key prompt --data.apply_chat_template"
    case .llamaFactory: "LLaMA-Factory, with dataset_info.json beside it"
    case .axolotl: "Axolotl: type: chat_template.default"
    case .nectar: "whole rankings in Nectar's shape, best answer with rank 1"
    case .arena: "what reads Arena's 140k votes: conversation_a, conversation_b, winner"
    case .helpSteer2: "HelpSteer2's five scores per answer, for tasks with its questions"
    case .helpSteer3: "HelpSteer3's preference rows: response1, response2, overall_preference"
    case .nemoRL: "NeMo RL: PreferenceDataset for reward models and DPO"
    }
  }

  /// The meaning of labels and margins in this format, for the manifest; nil if it has none.
  public var meaning: String? {
    switch self {
    case .rankings: nil
    case .pairs, .trl, .openrlhf: Self.margin
    case .trlChat, .hh, .llamaFactory, .axolotl, .nemoRL:
      "chosen was ranked above rejected; every pair of a ranking is a row, ties are none"
    case .kto:
      """
      label true: ranked first; false: ranked last, or tied with all others and all of them \
      flagged; what lies between is left out
      """
    case .sft:
      """
      the labeller's demonstration; without one, the answers ranked first that the labeller \
      flagged with nothing
      """
    case .nectar: "rank 1 is the best; ties share a rank; unranked answers are left out"
    case .arena:
      """
      every pair of a ranking is a row, ties are tie, or both_bad if the labeller said so or flagged \
      both; a is the answer that the labeller saw first
      """
    case .helpSteer2: "scores from 0 to 4; answers without all five scores are left out"
    case .helpSteer3:
      """
      every pair of a ranking is a row, ties are 0, below 0 response1 is better; the size is the \
      stated strength, else the number of places between the two, at most 3; response1 is the \
      answer that the labeller saw first
      """
    }
  }

  private static let margin = """
    chosen was ranked above rejected; margin: the share of the ranking's places between the two, \
    0 to 1; between two answers with a strength, that strength
    """

  var writer: any ExportRowWriter.Type {
    switch self {
    case .rankings: RankingsWriter.self
    case .pairs: PairsWriter.self
    case .trl: TRLWriter.self
    case .trlChat: TRLChatWriter.self
    case .kto: KTOWriter.self
    case .sft: DemonstrationsWriter.self
    case .hh: HHWriter.self
    case .openrlhf: OpenRLHFWriter.self
    case .llamaFactory: LlamaFactoryWriter.self
    case .axolotl: AxolotlWriter.self
    case .nectar: NectarWriter.self
    case .arena: ArenaWriter.self
    case .helpSteer2: HelpSteer2Writer.self
    case .helpSteer3: HelpSteer3Writer.self
    case .nemoRL: NeMoRLWriter.self
    }
  }
}

/// Describes a format: which rows a judgement becomes, and why it may become none.
protocol ExportRowWriter {
  /// Writes the rows of a judgement; throws `SkipReason` when it yields none.
  static func write(_ record: PreferenceRecord, to rows: inout ExportRows) throws(SkipReason)
}

/// Collects the lines of a judgement.
struct ExportRows {
  private(set) var bytes: [UInt8] = []
  private(set) var count = 0

  mutating func row(_ members: (inout CanonicalJSON.ObjectWriter) -> Void) {
    let start = bytes.count
    var writer = CanonicalJSON.ObjectWriter(appendingTo: bytes)
    members(&writer)
    bytes = writer.finish()
    end(from: start)
  }

  mutating func row(_ value: JSONValue) {
    let start = bytes.count
    CanonicalJSON.append(value, to: &bytes)
    end(from: start)
  }

  private mutating func end(from start: Int) {
    CanonicalJSON.endLine(&bytes, from: start)
    count += 1
  }
}

/// The reason why a judgement has no row in a format.
public enum SkipReason: String, Error, Sendable, Hashable, Codable, CaseIterable {
  case onlyTies = "only ties"
  case noRanking = "no ranking"
  case severalTurns = "a conversation, where the format has one text: use trl-chat"
  case systemMessage = "a system message, which the format has no place for"
  case marker = "a text contains the format's own marker of a turn"
  case turnOrder = "the turns do not alternate between user and assistant"
  case noAnswerLeft = "no demonstration, and every answer ranked first is flagged"
  case members = "tool calls, tool results or reasoning, which the format has no place for"
  case noScores = "no answer has all five scores from 0 to 4"
}
