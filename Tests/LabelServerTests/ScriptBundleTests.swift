import LabelServer
import Testing

@Suite("Scripts joined with what they import")
struct ScriptBundleTests {
  @Test("A module comes once, before what needs it, and keeps its other names to itself")
  func order() throws {
    let bundle = try ScriptBundle([
      "page.js": """
      import { Rail } from "./rail.js";
      import { moved } from "./ranking.js";
      moved(Rail);
      """,
      "rail.js": "import { moved } from \"./ranking.js\";\nexport class Rail {\n}",
      "ranking.js": """
      const secret = 1;
      export const moved = (a) => secret;
      export async function go() {}
      """,
    ])

    #expect(
      try bundle.script("page.js") == """
        const { moved, go } = (() => {
        const secret = 1;
        const moved = (a) => secret;
        async function go() {}
        return { moved, go };
        })();
        const { Rail } = (() => {
        class Rail {
        }
        return { Rail };
        })();
        {
        moved(Rail);
        }
        """)
    #expect(try bundle.script("ranking.js").hasPrefix("{\nconst secret"))
  }

  @Test(
    "What cannot be joined is refused by its name",
    arguments: [
      ("import * as all from \"./b.js\";", "not joined"),
      ("import { a as b } from \"./b.js\";", "not joined"),
      ("import \"./b.js\";", "not joined"), ("export default 1;", "not joined"),
      ("export { a };", "not joined"), ("import { a } from \"./c.js\";", "not there"),
      ("import { b } from \"./b.js\";", "imports it"), ("export const { a } = x;", "not joined"),
      ("import { c } from \"./b.js\";", "does not export"),
      ("import { d } from \"./d.js\";\nimport { d } from \"./e.js\";", "two modules that export d"),
    ])
  func refused(line: String, reason: String) {
    #expect {
      let sources = [
        "a.js": line, "b.js": "import { a } from \"./a.js\";\nexport const b = 1;",
        "d.js": "export const d = 1;", "e.js": "export class d {}",
      ]
      return try ScriptBundle(sources).script("a.js")
    } throws: { error in
      let problem = "\(error)"
      return problem.hasPrefix("The script a.js") || problem.hasPrefix("The script b.js")
        ? problem.contains(reason) : false
    }
  }
}
