import Logging

/// Writes what happens to the standard error stream, as swift-log's own handler does. That one
/// words a request's metadata for every request; this one only when there is something to write.
struct StandardErrorLog: LogHandler {
  let label: String
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level = .info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var handler = StreamLogHandler.standardError(label: label)
    handler.metadata = metadata
    handler.metadataProvider = metadataProvider
    handler.logLevel = logLevel
    handler.log(event: event)
  }
}

extension Logger {
  /// The log of a program that serves.
  static func standardError(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: "plumbline") { StandardErrorLog(label: $0) }
    logger.logLevel = level
    return logger
  }
}
