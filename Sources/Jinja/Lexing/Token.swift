/// A token inside a tag, a tag's border, or text between tags.
struct Token: Sendable {
  enum Kind: Sendable, Equatable {
    case data(Text)
    case variableBegin, variableEnd, blockBegin, blockEnd
    case name(String)
    case string(Text)
    case integer(Int)
    case float(Double)
    /// `+`, `==`, `(` and so on.
    case symbol(String)
    case end
  }

  var kind: Kind
  var position: Position

  /// The token as error messages name it.
  var description: String {
    switch kind {
    case .data: "template data / text"
    case .variableBegin: "begin of print statement"
    case .variableEnd: "end of print statement"
    case .blockBegin: "begin of statement block"
    case .blockEnd: "end of statement block"
    case .name(let name): name
    case .string: "string"
    case .integer: "integer"
    case .float: "float"
    case .symbol(let symbol): symbol
    case .end: "end of template"
    }
  }
}
