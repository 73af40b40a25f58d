import Hummingbird

/// Serves stylesheets, scripts and pictures under an address that changes with their content.
struct AssetFiles: RouteGroup {
  let files: SiteFiles

  var routes: [Route] {
    [
      Route(.get, "/assets/{version}/**", .everyone) { request, context in
        try files.reply(to: request, for: context.parameters.getCatchAll().joined(separator: "/"))
      }
    ]
  }
}
