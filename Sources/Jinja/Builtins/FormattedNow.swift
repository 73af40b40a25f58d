import Foundation

extension Interpreter {
  /// The time of the rendering in the local time zone, as C's `strftime` writes it.
  func formattedNow(_ format: Text) throws -> Text {
    var seconds = time_t(now.timeIntervalSince1970.rounded(.down))
    var parts = tm()
    localtime_r(&seconds, &parts)
    let fraction = now.timeIntervalSince1970 - Double(seconds)
    let micros = String(format: "%06d", Int(fraction * 1_000_000))
    // Each directive alone, so that no text is too long for the buffer.
    var result: [Unicode.Scalar] = []
    var rest = format.scalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%", var directive = rest.popFirst() else {
        result.append(scalar)
        continue
      }
      try charge(32)
      var text = "%"
      while "-_0^#EO:".unicodeScalars.contains(directive), let next = rest.popFirst() {
        text.unicodeScalars.append(directive)
        directive = next
      }
      text.unicodeScalars.append(directive)
      switch directive {
      case "f": result += micros.unicodeScalars
      case "z", "Z": break
      default:
        var buffer = [CChar](repeating: 0, count: 256)
        let length = strftime(&buffer, buffer.count, text, &parts)
        let bytes = buffer.prefix(length).map { UInt8(bitPattern: $0) }
        result += String(decoding: bytes, as: UTF8.self).unicodeScalars
      }
    }
    return Text(result)
  }
}
