/// The variables of a template, a loop's body, a macro or a block, inside those around it.
final class Scope {
  private let parent: Scope?
  private var variables: [(id: Int, value: Value)] = []

  init(parent: Scope?) { self.parent = parent }

  func value(of id: Int) -> Value? {
    var scope: Scope? = self
    while let current = scope {
      for variable in current.variables where variable.id == id { return variable.value }
      scope = current.parent
    }
    return nil
  }

  func set(_ id: Int, _ value: Value) {
    for place in variables.indices where variables[place].id == id {
      variables[place].value = value
      return
    }
    variables.append((id, value))
  }

  func clear() { variables = [] }
}
