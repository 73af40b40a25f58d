import PreferenceData

extension DatasetCounts {
  /// The least data that a reward model needs for a meaningful accuracy.
  package static let neededTrainPrompts = 8
  package static let neededHeldOutPrompts = 2

  /// The shortages, each with the required and the actual number; empty if there is enough data.
  package var missing: [String] {
    var missing: [String] = []
    if train.rankedPrompts < Self.neededTrainPrompts {
      missing.append(
        """
        prompts to train on with at least one answer ranked above another: \
        \(Self.neededTrainPrompts) needed, \(train.rankedPrompts) there
        """)
    }
    if validation.rankedPrompts < Self.neededHeldOutPrompts {
      missing.append(
        """
        ranked prompts held out to measure on: \
        \(Self.neededHeldOutPrompts) needed, \(validation.rankedPrompts) there \
        (about one prompt in seven is held out)
        """)
    }
    return missing
  }
}
