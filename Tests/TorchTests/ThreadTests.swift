import CTorch
import Foundation
import Testing
import Torch

private typealias Region = @convention(c) (UnsafeMutableRawPointer?) -> Void
private typealias Parallel =
  @convention(c) (Region, UnsafeMutableRawPointer?, UInt32, UInt32) -> Void

/// A function of the OpenMP runtime that libtorch has loaded.
private func openMP<Function>(_ name: String, _ type: Function.Type) -> Function? {
  dlsym(nil, name).map { unsafeBitCast($0, to: type) }
}

private func product(_ gate: Tensor, _ up: Tensor) -> [Float] { gate.swiGLU(up).floats() }

@Suite("Threads")
struct ThreadTests {
  private final class Work {
    let gate = Generator(seed: 1).normal([400, 512])
    let up = Generator(seed: 2).normal([400, 512])
    var results: [Float] = []
  }

  @Test("Inside another parallel region, which gives one thread alone, a kernel does all its work")
  func nested() throws {
    let parallel = try #require(openMP("GOMP_parallel", Parallel.self))
    let work = Work()
    let before = Backend.threadCount
    Backend.threadCount = 4
    defer { Backend.threadCount = before }
    let expected = product(work.gate, work.up)

    parallel(
      { context in
        guard let context, openMPIndex() == 0 else { return }
        let work = Unmanaged<Work>.fromOpaque(context).takeUnretainedValue()
        work.results = product(work.gate, work.up)
      }, Unmanaged.passUnretained(work).toOpaque(), 2, 0)

    #expect(work.results == expected)
  }

  @Test("Without memory in a parallel region a call says so, and the process goes on")
  func memory() async {
    await #expect(processExitsWith: .success) {
      Backend.threadCount = 2
      _ = product(.ones([400, 512]), .ones([400, 512]))
      // A buffer for each thread of 16 bytes a token, besides what the result takes.
      let count: Int64 = 60_000
      var (states, out): (ct_tensor?, ct_tensor?)
      precondition(ct_full([count, 2, 64], 3, 0, CT_BFLOAT16, CT_CPU, &states) == 0)
      let mask = ct_mask(causal: true, window: 1)
      var refusals = 0
      for megabytes in stride(from: 0, through: 120, by: 10) {
        setRoom(bytes: megabytes << 20)
        let status = ct_packed_attention(
          states, states, states, [count], [-1], 1, 1, mask, &out)
        setRoom(bytes: nil)
        precondition(status == 0 || status == 2)
        if status == 2 { refusals += 1 } else { ct_tensor_free(out) }
      }
      precondition(refusals > 0)
    }
  }

  @Test("A tensor that finds no memory ends the process with the cause, not with a trap")
  func outOfMemory() async {
    let result = await #expect(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      _ = Tensor.zeros([1 << 50])
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("not enough memory for full"))
  }
}

private func openMPIndex() -> Int32 {
  openMP("omp_get_thread_num", (@convention(c) () -> Int32).self)?() ?? 0
}

/// Lets the process grow by so many bytes, or by any.
private func setRoom(bytes: Int?) {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  limit.rlim_cur = limit.rlim_max
  if let bytes, let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").first.flatMap({ rlim_t($0) })
  {
    limit.rlim_cur = pages * 4096 + rlim_t(bytes)
  }
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}
