import Hummingbird
import LabelStore
import Testing

@Suite("Guidelines")
struct GuidelinesTests {
  @Test("People read the guidelines in the language of their interface, where there are any")
  func languages() async throws {
    let site = try await TestSite()
    let task = try await site.addTask()
    var definition = task.definition
    definition.guidelinesIn = ["zh-Hans": "# 按有用性排序"]
    try await site.store.saveTask(definition, guidelines: "# Rank by helpfulness")

    try await site.run { client in
      let path = "/tasks/helpfulness/guidelines"
      let english = try await client.get(path, as: "Ada", language: "en").text
      let chinese = try await client.get(path, as: "Ada", language: "zh-Hans").text
      #expect(english.contains("Rank by helpfulness") && !english.contains("按有用性排序"))
      #expect(chinese.contains("按有用性排序") && !chinese.contains("Rank by helpfulness"))
    }
  }

  @Test("The API returns the guidelines in the requested language, else the default ones")
  func api() async throws {
    let site = try await TestSite()
    var definition = try await site.addTask().definition
    definition.guidelinesIn = ["zh-Hans": "# 按有用性排序"]
    try await site.store.saveTask(definition, guidelines: "# Rank by helpfulness")
    let long = String(repeating: "z", count: 10_000)

    try await site.run { client in
      let path = "/api/v1/tasks/helpfulness/guidelines"
      let chinese = try await client.get(path + "?language=zh-Hans", as: "Ada")
      #expect(chinese.text == "# 按有用性排序")
      for query in ["", "?language=en", "?language=", "?language=%00%FF", "?language=\(long)"] {
        let other = try await client.get(path + query, as: "Ada")
        #expect(other.status == .ok && other.text == "# Rank by helpfulness", "\(query.prefix(30))")
      }
    }
  }

  @Test("The settings page shows and saves guidelines in another language")
  func settings() async throws {
    let site = try await TestSite()
    try await site.addTask()
    let text = "# 指南"

    try await site.run { client in
      let path = "/tasks/helpfulness/settings"
      let saved = try await client.post(
        path, as: "Grace",
        form: "question=ranking&guidelines=One&guidelinesIn.zh-Hans=%23+%E6%8C%87%E5%8D%97")
      #expect(saved.status == .seeOther)
      #expect(try await client.get(path, as: "Grace").text.contains(text))
      #expect(
        try await site.store.task(slug: "helpfulness").guidelines(in: "zh-Hans") == text)
      #expect(try await site.store.task(slug: "helpfulness").guidelines(in: "fr") == "One")
    }
  }
}
