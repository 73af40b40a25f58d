import Credentials
import Foundation
import Testing

@Suite("Guessing passwords")
struct SignInThrottleTests {
  private typealias Applicant = SignInThrottle.Applicant

  private static let start = Date(timeIntervalSince1970: 1_800_000_000)

  private static func grants(
    _ count: Int, _ throttle: SignInThrottle, at now: Date = start,
    _ applicant: (Int) -> SignInThrottle.Applicant
  ) async -> Int {
    var granted = 0
    for number in 0..<count
    where await throttle.admit(applicant(number), now: now) == nil { granted += 1 }
    return granted
  }

  @Test("A try counts when it is granted, so that tries at the same time do not all pass")
  func countedFirst() async {
    let throttle = SignInThrottle()

    let granted = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<300 {
        group.addTask {
          await throttle.admit(Applicant(account: "ada", address: "one"), now: Self.start) == nil
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }

    #expect(granted == 5)
  }

  @Test("Each wrong try from an address doubles the wait there, up to a quarter of an hour")
  func doubling() async {
    let throttle = SignInThrottle(
      perAccount: .init(atOnce: 1000, secondsForOne: 1),
      perAddress: .init(atOnce: 1000, secondsForOne: 1))
    let ada = Applicant(account: "ada", address: "one")
    var now = Self.start
    var waits: [Int] = []

    #expect(await Self.grants(5, throttle) { _ in ada } == 5)
    for _ in 0..<10 {
      let wait = await throttle.admit(ada, now: now) ?? 0
      waits.append(wait)
      now += TimeInterval(wait)
      #expect(await throttle.admit(ada, now: now) == nil)
    }

    #expect(waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
  }

  @Test("Who is kept out at one address comes in from another, but for what strangers share")
  func otherAddress() async {
    let throttle = SignInThrottle()
    let guesser = Applicant(account: "ada", address: "one")
    let ada = Applicant(account: "ada", address: "two")

    #expect(await Self.grants(300, throttle) { _ in guesser } == 5)
    #expect(await throttle.admit(ada, now: Self.start) == nil)
  }

  @Test("Guesses at one name from many addresses get ten at once, then one in half a minute")
  func manyAddresses() async {
    let throttle = SignInThrottle()
    func guess(_ number: Int) -> Applicant {
      Applicant(account: "ada", address: "address \(number)")
    }

    #expect(await Self.grants(300, throttle) { guess($0) } == 10)
    #expect(await throttle.admit(guess(301), now: Self.start) == 30)
    #expect(await Self.grants(300, throttle, at: Self.start + 60) { guess(1000 + $0) } == 2)
  }

  @Test("A browser that signed in before always passes, whatever others do")
  func knownBrowser() async {
    let throttle = SignInThrottle()
    _ = await Self.grants(300, throttle) { _ in Applicant(account: "ada", address: "one") }
    _ = await Self.grants(300, throttle) { Applicant(account: "ada", address: "n\($0)") }
    _ = await Self.grants(300, throttle) { Applicant(account: "name \($0)", address: "one") }

    let ada = Applicant(account: "ada", address: "one", knownBrowser: "b")
    #expect(await throttle.admit(ada, now: Self.start) == nil)
    // Whoever uses the browser has no more tries than others.
    #expect(await Self.grants(300, throttle) { _ in ada } == 4)
    let elsewhere = Applicant(account: "ada", address: "one", knownBrowser: "c")
    #expect(await throttle.admit(elsewhere, now: Self.start) == nil)
  }

  @Test("Where many share an address, nobody is blocked for what another one tried")
  func sharedAddress() async {
    let throttle = SignInThrottle()
    func anyone(_ account: String) -> Applicant {
      Applicant(account: account, address: "proxy", isAddressShared: true)
    }

    #expect(await Self.grants(300, throttle) { _ in anyone("ada") } == 10)
    // Half a minute later there is one more, not a block that grew with the guesses.
    #expect(await throttle.admit(anyone("ada"), now: Self.start + 30) == nil)
    #expect(await throttle.admit(anyone("rosa"), now: Self.start) == nil)
  }

  @Test("Names tried one after the other from one address: 25, then one in ten seconds")
  func manyNames() async {
    let throttle = SignInThrottle()
    func guess(_ number: Int) -> Applicant {
      Applicant(account: "name \(number)", address: "one")
    }

    #expect(await Self.grants(300, throttle) { guess($0) } == 25)
    #expect(await throttle.admit(guess(301), now: Self.start) == 10)
    #expect(await throttle.admit(guess(301), now: Self.start + 10) == nil)
  }

  @Test("A clock that is set back locks nobody out")
  func clockSetBack() async {
    let throttle = SignInThrottle()
    _ = await Self.grants(300, throttle) { _ in Applicant(account: "ada", address: "one") }
    _ = await Self.grants(300, throttle) { Applicant(account: "name \($0)", address: "one") }

    let before = Self.start - 3 * 24 * 3600
    let ada = Applicant(account: "ada", address: "one")
    #expect(await throttle.admit(ada, now: before) == nil)
    #expect(await Self.grants(300, throttle, at: before + 1) { _ in ada } <= 5)
  }

  @Test("The right password gives its try back, and so does a try that was never made")
  func givenBack() async {
    let throttle = SignInThrottle()
    let ada = Applicant(account: "ada", address: "one")

    for _ in 0..<100 {
      #expect(await throttle.admit(ada, now: Self.start) == nil)
      await throttle.withdraw(ada, now: Self.start)
    }
    for _ in 0..<100 {
      #expect(await Self.grants(4, throttle) { _ in ada } == 4)
      #expect(await throttle.admit(ada, now: Self.start) == nil)
      await throttle.succeeded(ada, now: Self.start)
      for _ in 0..<4 { await throttle.withdraw(ada, now: Self.start) }
    }
  }
}
