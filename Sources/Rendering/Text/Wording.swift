import Foundation
import PreferenceData

/// Numbers and times as the interface shows them.
package struct Wording: Sendable {
  package let strings: Translations
  package let now: Date

  package init(strings: Translations, now: Date) {
    self.strings = strings
    self.now = now
  }

  package func percent(_ share: Double) -> String {
    share.formatted(.percent.precision(.fractionLength(0)).locale(locale))
  }

  package func moment(_ date: Date?) -> String {
    guard let date else { return strings("home", "never") }
    let seconds = now.timeIntervalSince(date)
    switch seconds {
    case ..<60: return strings("times", "now")
    case ..<3600: return strings("times", "minutes", ["count": String(Int(seconds / 60))])
    case ..<86_400: return strings("times", "hours", ["count": String(Int(seconds / 3600))])
    default: return exact(date)
    }
  }

  package func exact(_ date: Date) -> String {
    date.formatted(
      .dateTime.day().month(.abbreviated).year().hour(.twoDigits(amPM: .omitted))
        .minute(.twoDigits).locale(locale))
  }

  /// A day in UTC, without its year.
  package func day(_ date: Date) -> String {
    var style = Date.FormatStyle().day().month(.abbreviated).locale(locale)
    style.timeZone = .gmt
    return date.formatted(style)
  }

  /// A time in words. Below ten seconds it has one decimal, so that quick judgements differ.
  package func duration(_ seconds: TimeInterval) -> String {
    let tenths = (max(0, seconds) * 10).rounded() / 10
    if tenths < 10 {
      let count = tenths.formatted(.number.precision(.fractionLength(0...1)).locale(locale))
      return strings("times", "forSeconds", ["count": count])
    }
    let whole = max(0, Int(nearest: seconds))
    return whole < 60
      ? strings("times", "forSeconds", ["count": String(whole)])
      : whole < 3600
        ? strings(
          "times", "forMinutes", ["minutes": String(whole / 60), "seconds": String(whole % 60)])
        : strings(
          "times", "forHours",
          ["hours": String(whole / 3600), "minutes": String(whole / 60 % 60)])
  }

  package func bytes(_ count: Int64) -> String {
    count.formatted(.byteCount(style: .file).locale(locale))
  }

  private var locale: Locale {
    Locale(identifier: strings.language.hasPrefix("en") ? "en_GB" : strings.language)
  }
}
