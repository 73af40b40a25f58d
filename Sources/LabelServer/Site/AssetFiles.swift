import Hummingbird

/// Serves stylesheets, scripts and pictures under an address that changes with their content.
struct AssetFiles: RouteGroup {
  let site: Site

  var routes: [Route] {
    [
      Route(.get, "/assets/{version}/**", .everyone) { request, context in
        let name = context.parameters.getCatchAll().joined(separator: "/")
        return try site.files.reply(to: request, for: name)
      }
    ]
  }
}
