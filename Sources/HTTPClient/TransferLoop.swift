import CCurl
import Foundation
import Synchronization

/// A thread on which curl runs all transfers of a client.
final class TransferLoop: Sendable {
  private enum Command {
    case start(Transfer, CheckedContinuation<HTTPClient.Response, any Error>)
    case cancel(Transfer)
    case close
  }

  private struct State {
    var commands: [Command] = []
    /// After this, the thread reads no more commands and frees the handle.
    var isClosed = false
  }

  private let state = Mutex(State())
  /// Only the thread uses it, apart from `curl_multi_wakeup` under the lock of `state`.
  private nonisolated(unsafe) let multi: OpaquePointer

  private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init?(connectionsPerHost: Int) {
    guard Self.isCurlReady, let multi = curl_multi_init() else { return nil }
    self.multi = multi
    plumbline_curl_multi_set_number(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost)
    let thread = Thread { self.run() }
    thread.name = "http-client"
    thread.start()
  }

  func start(
    _ transfer: Transfer, _ continuation: CheckedContinuation<HTTPClient.Response, any Error>
  ) {
    if !post(.start(transfer, continuation)) {
      continuation.resume(throwing: HTTPClientError.closed)
    }
  }

  func cancel(_ transfer: Transfer) {
    _ = post(.cancel(transfer))
  }

  func close() {
    _ = post(.close)
  }

  private func post(_ command: Command) -> Bool {
    state.withLock { state in
      guard !state.isClosed else { return false }
      state.commands.append(command)
      curl_multi_wakeup(multi)
      return true
    }
  }

  // MARK: - On the thread

  private func run() {
    var running: [OpaquePointer: Transfer] = [:]
    while true {
      let commands = state.withLock { state in
        defer { state.commands = [] }
        state.isClosed = state.commands.contains { if case .close = $0 { true } else { false } }
        return state.commands
      }
      var isClosing = false
      for command in commands {
        switch command {
        case .start(let transfer, let continuation):
          begin(transfer, continuation, &running)
        case .cancel(let transfer):
          transfer.isCancelled = true
          end(transfer, .failure(CancellationError()), &running)
        case .close: isClosing = true
        }
      }
      if isClosing { break }
      var count: Int32 = 0
      curl_multi_perform(multi, &count)
      finishCompleted(&running)
      curl_multi_poll(multi, nil, 0, 60_000, nil)
    }
    for transfer in running.values {
      end(transfer, .failure(HTTPClientError.closed), &running)
    }
    curl_multi_cleanup(multi)
  }

  private func begin(
    _ transfer: Transfer, _ continuation: CheckedContinuation<HTTPClient.Response, any Error>,
    _ running: inout [OpaquePointer: Transfer]
  ) {
    guard !transfer.isCancelled else {
      continuation.resume(throwing: CancellationError())
      return
    }
    transfer.continuation = continuation
    running[transfer.easy] = transfer
    let code = curl_multi_add_handle(multi, transfer.easy)
    if code != CURLM_OK {
      let reason = String(cString: curl_multi_strerror(code))
      end(transfer, .failure(HTTPClientError.failed(reason)), &running)
    }
  }

  private func finishCompleted(_ running: inout [OpaquePointer: Transfer]) {
    var remaining: Int32 = 0
    while let message = curl_multi_info_read(multi, &remaining)?.pointee {
      guard message.msg == CURLMSG_DONE, let transfer = running[message.easy_handle] else {
        continue
      }
      end(transfer, transfer.result(of: message.data.result), &running)
    }
  }

  private func end(
    _ transfer: Transfer, _ result: Result<HTTPClient.Response, any Error>,
    _ running: inout [OpaquePointer: Transfer]
  ) {
    guard running.removeValue(forKey: transfer.easy) != nil else { return }
    curl_multi_remove_handle(multi, transfer.easy)
    transfer.continuation?.resume(with: result)
    transfer.continuation = nil
  }
}
