/// Every address of the site. No other code builds paths.
package enum SitePath: Sendable, Equatable {
  case home
  case signIn, signOut
  /// A page that someone asked for before signing in.
  case wanted(String)
  case invitation(token: String)
  case account, savedAccount, accountName, accountPassword, accountTokens
  case accountToken(Int64)
  case accountSession(Int64)
  case language
  case pastJudgements
  case tasks, newTask
  case task(String)
  case guidelines(task: String)
  case claim(task: String)
  case claimAfter(String, task: String)
  case prompts(task: String)
  case listedPrompts(task: String, [String: String])
  case prompt(task: String, id: String)
  case judgements(task: String)
  case listedJudgements(task: String, [String: String])
  case retraction(task: String, judgement: String)
  case labellers(task: String)
  case labeller(task: String, id: String)
  case workRetraction(task: String, labeller: String)
  case retractedWork(task: String, labeller: String, count: Int)
  case reviewQueue(task: String, queue: String, after: String?)
  case review(task: String, prompt: String)
  case reviewFrom(String, task: String, prompt: String)
  case decided(task: String, prompt: String, next: String?)
  case adjudication(task: String, prompt: String)
  case adjudicationWithdrawal(task: String, prompt: String)
  case importing(task: String)
  case importOf(upload: String, task: String)
  case importCheck(upload: String, task: String)
  case importConfirmation(upload: String, task: String)
  case importRejects(upload: String, task: String)
  case importWithdrawal(String, task: String)
  case withdrawnImport(task: String, withdrawn: Int, closed: Int)
  case promptWithdrawal(prompt: String, task: String)
  case exports(task: String)
  case export(task: String, file: String)
  case madeExport(task: String, file: String)
  case taskSettings(task: String)
  case savedTaskSettings(task: String)
  case archival(task: String)
  case reopening(task: String)
  case sampling(task: String)
  case samplingJob(String, task: String)
  case webhooks(task: String)
  case webhookTest(String, task: String)
  case webhookRemoval(String, task: String)
  case redelivery(String, task: String)
  case assignment(String)
  case judgement(assignment: String)
  case skip(assignment: String)
  case gold(task: String)
  case goldOf(prompt: String, task: String)
  case goldRemoval(prompt: String, task: String)
  case changedGold(prompt: String, task: String)
  case audit([String: String])
  case backups
  case madeBackup(String)
  case backup(String)
  case people
  case roleOf(person: String)
  case promptFilterOf(person: String)
  case accessOf(person: String)
  case accessWithdrawal(person: String)
  case invitationOf(person: String)
  case retraining(task: String)
  case runs
  case run(String)
  case runCancellation(String)
  case models
  case assignmentAPI(String)
  case draftAPI(assignment: String)
  case judgementAPI(assignment: String)
  case skipAPI(assignment: String)
  case renewalAPI(assignment: String)
  case runEventsAPI(String)
  case asset(String)

  package var string: String {
    switch self {
    case .home: "/"
    case .signIn: "/sign-in"
    case .signOut: "/sign-out"
    case .wanted(let path): path
    case .invitation(let token): "/invitations/" + escaped(token)
    case .account: "/account"
    case .savedAccount: "/account?saved"
    case .accountName: "/account/name"
    case .accountPassword: "/account/password"
    case .accountTokens: "/account/tokens"
    case .accountToken(let id): "/account/tokens/\(id)"
    case .accountSession(let id): "/account/sessions/\(id)"
    case .language: "/language"
    case .pastJudgements: "/judgements"
    case .tasks: "/tasks"
    case .newTask: "/tasks/new"
    case .task(let task): "/tasks/" + escaped(task)
    case .guidelines(let task): "/tasks/" + escaped(task) + "/guidelines"
    case .claim(let task): "/tasks/" + escaped(task) + "/assignments"
    case .claimAfter(let id, let task):
      "/tasks/" + escaped(task) + "/assignments?after=" + escaped(id)
    case .prompts(let task): "/tasks/" + escaped(task) + "/prompts"
    case .listedPrompts(let task, let filter):
      "/tasks/" + escaped(task) + "/prompts" + query(filter)
    case .prompt(let task, let id): "/tasks/" + escaped(task) + "/prompts/" + escaped(id)
    case .judgements(let task): "/tasks/" + escaped(task) + "/judgements"
    case .listedJudgements(let task, let filter):
      "/tasks/" + escaped(task) + "/judgements" + query(filter)
    case .retraction(let task, let id):
      "/tasks/" + escaped(task) + "/judgements/" + escaped(id) + "/retraction"
    case .labellers(let task): "/tasks/" + escaped(task) + "/labellers"
    case .labeller(let task, let id): "/tasks/" + escaped(task) + "/labellers/" + escaped(id)
    case .workRetraction(let task, let id):
      "/tasks/" + escaped(task) + "/labellers/" + escaped(id) + "/retraction"
    case .retractedWork(let task, let id, let count):
      "/tasks/" + escaped(task) + "/labellers/" + escaped(id) + "?retracted=\(count)"
    case .reviewQueue(let task, let queue, let after):
      "/tasks/" + escaped(task) + "/review"
        + query(["queue": queue == "open" ? "" : queue, "after": after ?? ""])
    case .review(let task, let prompt): "/tasks/" + escaped(task) + "/review/" + escaped(prompt)
    case .reviewFrom(let id, let task, let prompt):
      "/tasks/" + escaped(task) + "/review/" + escaped(prompt) + query(["from": id])
        + "#decision-title"
    case .decided(let task, let prompt, let next):
      "/tasks/" + escaped(task) + "/review" + (next.map { "/" + escaped($0) } ?? "")
        + query(["decided": prompt])
    case .adjudication(let task, let prompt):
      "/tasks/" + escaped(task) + "/review/" + escaped(prompt) + "/adjudication"
    case .adjudicationWithdrawal(let task, let prompt):
      Self.adjudication(task: task, prompt: prompt).string + "/withdrawal"
    case .importing(let task): "/tasks/" + escaped(task) + "/import"
    case .importOf(let upload, let task):
      "/tasks/" + escaped(task) + "/import/" + escaped(upload)
    case .importCheck(let upload, let task):
      Self.importOf(upload: upload, task: task).string + "/check"
    case .importConfirmation(let upload, let task):
      Self.importOf(upload: upload, task: task).string + "/confirmation"
    case .importRejects(let upload, let task):
      "/tasks/" + escaped(task) + "/import/" + escaped(upload) + "/rejects"
    case .importWithdrawal(let id, let task):
      "/tasks/" + escaped(task) + "/imports/" + escaped(id) + "/withdrawal"
    case .withdrawnImport(let task, let withdrawn, let closed):
      "/tasks/" + escaped(task) + "/import?withdrawn=\(withdrawn)&closed=\(closed)#imports"
    case .promptWithdrawal(let prompt, let task):
      Self.prompt(task: task, id: prompt).string + "/withdrawal"
    case .savedTaskSettings(let task): "/tasks/" + escaped(task) + "/settings?saved"
    case .archival(let task): "/tasks/" + escaped(task) + "/archival"
    case .reopening(let task): "/tasks/" + escaped(task) + "/reopening"
    case .exports(let task): "/tasks/" + escaped(task) + "/exports"
    case .export(let task, let file): "/tasks/" + escaped(task) + "/exports/" + escaped(file)
    case .madeExport(let task, let file):
      "/tasks/" + escaped(task) + "/exports" + query(["made": file])
    case .taskSettings(let task): "/tasks/" + escaped(task) + "/settings"
    case .sampling(let task): "/tasks/" + escaped(task) + "/sampling"
    case .samplingJob(let id, let task):
      "/tasks/" + escaped(task) + "/sampling/" + escaped(id)
    case .webhooks(let task): "/tasks/" + escaped(task) + "/webhooks"
    case .webhookTest(let id, let task):
      "/tasks/" + escaped(task) + "/webhooks/" + escaped(id) + "/test"
    case .webhookRemoval(let id, let task):
      "/tasks/" + escaped(task) + "/webhooks/" + escaped(id) + "/removal"
    case .redelivery(let id, let task):
      "/tasks/" + escaped(task) + "/deliveries/" + escaped(id) + "/redelivery"
    case .assignment(let id): "/assignments/" + escaped(id)
    case .judgement(let id): "/assignments/" + escaped(id) + "/judgement"
    case .skip(let id): "/assignments/" + escaped(id) + "/skip"
    case .gold(let task): "/tasks/" + escaped(task) + "/gold"
    case .goldOf(let prompt, let task):
      "/tasks/" + escaped(task) + "/prompts/" + escaped(prompt) + "/gold"
    case .goldRemoval(let prompt, let task):
      Self.goldOf(prompt: prompt, task: task).string + "/removal"
    case .changedGold(let prompt, let task):
      "/tasks/" + escaped(task) + "/prompts/" + escaped(prompt) + "?gold"
    case .audit(let filter): "/audit" + query(filter)
    case .backups: "/backups"
    case .madeBackup(let name): "/backups" + query(["made": name])
    case .backup(let name): "/backups/" + escaped(name)
    case .people: "/people"
    case .roleOf(let id): "/people/" + escaped(id) + "/role"
    case .promptFilterOf(let id): "/people/" + escaped(id) + "/prompt-filter"
    case .accessOf(let id): "/people/" + escaped(id) + "/access"
    case .accessWithdrawal(let id): "/people/" + escaped(id) + "/access/withdrawal"
    case .invitationOf(let id): "/people/" + escaped(id) + "/invitation"
    case .retraining(let task): "/tasks/" + escaped(task) + "/runs"
    case .runs: "/runs"
    case .run(let id): "/runs/" + escaped(id)
    case .runCancellation(let id): "/runs/" + escaped(id) + "/cancellation"
    case .models: "/models"
    case .assignmentAPI(let id): "/api/v1/assignments/" + escaped(id)
    case .draftAPI(let id): "/api/v1/assignments/" + escaped(id) + "/draft"
    case .judgementAPI(let id): "/api/v1/assignments/" + escaped(id) + "/judgement"
    case .skipAPI(let id): "/api/v1/assignments/" + escaped(id) + "/skip"
    case .renewalAPI(let id): "/api/v1/assignments/" + escaped(id) + "/renewal"
    case .runEventsAPI(let id): "/api/v1/runs/" + escaped(id) + "/events"
    case .asset(let name): "/assets/" + name
    }
  }

  /// Returns a query with its fields in alphabetical order, without empty ones.
  private func query(_ fields: [String: String]) -> String {
    let pairs = fields.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
      .map { escaped($0.key) + "=" + escaped($0.value) }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
  }

  private func escaped(_ segment: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    return segment.utf8.reduce(into: "") { result, byte in
      if plain.contains(byte) {
        result.append(Character(UnicodeScalar(byte)))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        result += byte < 16 ? "%0\(hex)" : "%\(hex)"
      }
    }
  }
}
