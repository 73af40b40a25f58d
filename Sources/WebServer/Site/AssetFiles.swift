import Hummingbird

/// Serves stylesheets, scripts and pictures under an address that changes with their content.
package struct AssetFiles: RouteGroup {
  let site: Site

  package init(site: Site) {
    self.site = site
  }

  package var routes: [Route] {
    [
      Route(.get, "/assets/{version}/**", .everyone) { request, context in
        let name = context.parameters.getCatchAll().joined(separator: "/")
        return try site.files.reply(to: request, for: name)
      }
    ]
  }
}
