/// The right end of the bar over the labelling page.
struct LabellingStatus: Sendable {
  let pastPath: String
  let today: String
  let state: String
  let saved: String
}
