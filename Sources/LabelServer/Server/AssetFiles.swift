import Hummingbird

/// Serves stylesheets, scripts and pictures under an address that changes with their content.
struct AssetFiles: Feature {
  let files: SiteFiles

  var routes: [Route] {
    [
      Route(.get, "/assets/{version}/**", .everyone) { request, visit in
        try files.reply(to: request, for: visit.parameters.getCatchAll().joined(separator: "/"))
      }
    ]
  }
}
