/// The version that lineages, manifests and `plumbline --version` name.
package enum PlumblineVersion {
  package static let current = "0.1.0"
}
