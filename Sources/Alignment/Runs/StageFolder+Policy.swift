import LanguageModels
import PreferenceData

extension StageFolder {
  /// Saves a tuned model, its adapters too in PEFT's format, and marks the stage as finished.
  func finish(
    _ model: CausalLanguageModel, metrics: [String: JSONValue], options: TrainingOptions,
    request: StageRequest, progress: ProgressReport
  ) throws -> StageReport {
    var metrics = metrics
    try metrics.checkFinite()
    if !options.capabilityText.isEmpty {
      let tax = AlignmentTax(
        path: options.capabilityText, tokenizer: try Tokenizer(folder: request.model))
      metrics["capability"] = try tax.measure(model, request: request, options: options)
    }
    if workers.isFirst { try save(model, options, request) }
    let report = StageReport(
      model: self.model.path, metrics: metrics, seconds: progress.seconds,
      peakBytes: peakBytes(), precision: model.computeType.rawValue)
    try finish(report)
    return report
  }

  private func save(
    _ model: CausalLanguageModel, _ options: TrainingOptions, _ request: StageRequest
  ) throws {
    let template =
      try options.chatTemplate.isEmpty
      ? nil : ChatTemplate(choice: options.chatTemplate, model: request.model)
    try model.save(
      to: self.model, tokenizerFolder: request.model,
      chatTemplate: template.map { $0.source ?? ChatTemplate.plainSource })
    if model.hasAdapters {
      try model.saveAdapters(
        to: layout.adapter, rank: options.rank, alpha: options.alpha,
        base: request.model)
    }
  }
}
