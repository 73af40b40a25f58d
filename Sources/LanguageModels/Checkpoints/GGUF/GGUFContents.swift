/// Kinds of GGUF files that are not language models.
enum GGUFContents {
  /// Throws for a file that is not a model, with what it is.
  static func checkIsModel(_ file: GGUFFile) throws {
    func refuse(_ problem: String, _ remedy: String) -> LanguageModelError {
      .unsupported(file: file.file.path, problem: problem, remedy: remedy)
    }
    let type = file.metadata["general.type"]?.string
    let architecture = file.metadata["general.architecture"]?.string
    if type == "adapter" || file.metadata["adapter.type"] != nil
      || file.tensors.contains(where: { $0.name.hasSuffix(".lora_a") })
    {
      throw refuse(
        "contains a LoRA adapter, which needs its base model",
        "Merge it with llama.cpp's llama-export-lora, and convert the result")
    }
    if type == "mmproj" || architecture == "clip" {
      throw refuse(
        "contains the vision part of a model (mmproj)", "Give the file with the language model")
    }
    if type == "imatrix" {
      throw refuse("contains an importance matrix", "Give the file with the language model")
    }
    if file.tensors.isEmpty {
      throw refuse(
        "contains only a vocabulary",
        "Give the file with the weights. plumbline-engine tokenize can use this one")
    }
  }
}
