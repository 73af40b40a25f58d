import Logging

/// A log handler for standard error. Unlike swift-log's own, it formats metadata only for messages
/// that it writes, and not for every request.
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
