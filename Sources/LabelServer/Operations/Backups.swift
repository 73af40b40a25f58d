import LabelStore

extension ServerDependencies {
  /// The copies of the store in the workspace's `backups` folder.
  var backups: Backups {
    Backups(of: store, in: settings.workspace.appending(path: "backups"), now: now)
  }
}
