import CCurl
import Foundation

/// One request, the curl handle that carries it out, and the response received so far.
///
/// The task that creates a transfer hands it to the loop's thread and does not touch it again.
final class Transfer: @unchecked Sendable {
  let easy: OpaquePointer
  var continuation: CheckedContinuation<HTTPClient.Response, any Error>?
  var isCancelled = false

  private let request: HTTPClient.Request
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  private var status = 0
  private var headers: [(name: String, value: String)] = []
  private var headerBytes = 0
  private var body = Data()
  /// The reason why a callback ended the transfer.
  private var failure: HTTPClientError?
  private var isHeadComplete = false

  private static let headerLimit = 256 << 10

  init(_ request: HTTPClient.Request) throws {
    try Self.check(request)
    guard let easy = curl_easy_init() else {
      throw HTTPClientError.failed("libcurl could not create a handle")
    }
    self.easy = easy
    self.request = request
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setConnection()
    setRequest()
    setReceivers()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  private static func check(_ request: HTTPClient.Request) throws {
    func isToken(_ text: String) -> Bool {
      !text.isEmpty
        && text.utf8.allSatisfy { byte in
          byte > 0x20 && byte < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains(byte)
        }
    }
    func isText(_ text: String) -> Bool {
      text.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
    guard isToken(request.method) else {
      throw HTTPClientError.invalidRequest("“\(request.method)” is not an HTTP method")
    }
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw HTTPClientError.invalidRequest("the address contains a space or a control character")
    }
    for (name, value) in request.headers where !isToken(name) || !isText(value) {
      throw HTTPClientError.invalidRequest(
        "the value of the header \(name) contains a control character, or its name is not valid")
    }
  }

  // MARK: - Options

  private func set(_ option: CURLoption, _ number: Int) {
    plumbline_curl_set_number(easy, option, number)
  }

  private func set(_ option: CURLoption, _ text: String) {
    plumbline_curl_set_text(easy, option, text)
  }

  private func setConnection() {
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_DEFAULT_PROTOCOL, "http")
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    // Timeouts of name resolution would otherwise be signals.
    set(CURLOPT_NOSIGNAL, 1)
    // Otherwise, ending a transfer waits for its name resolution.
    set(CURLOPT_QUICK_EXIT, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
    set(CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
    if let idle = request.idleTimeout {
      set(CURLOPT_LOW_SPEED_LIMIT, 1)
      set(CURLOPT_LOW_SPEED_TIME, max(1, Int(idle.components.seconds)))
    }
  }

  // 0 would mean curl's default rather than no time at all.
  private static func milliseconds(_ duration: Duration) -> Int {
    Int(min(max(duration / .milliseconds(1), 1), Double(Int32.max)))
  }

  private func setRequest() {
    switch (request.method, request.body) {
    case ("GET", nil): set(CURLOPT_HTTPGET, 1)
    case ("HEAD", nil): set(CURLOPT_NOBODY, 1)
    case (let method, let body):
      let body = body ?? Data()
      set(CURLOPT_POST, 1)
      plumbline_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      body.withUnsafeBytes { bytes in
        var nothing: UInt8 = 0
        withUnsafeMutablePointer(to: &nothing) { empty in
          let start = bytes.baseAddress.map(UnsafeMutableRawPointer.init(mutating:))
          plumbline_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start ?? .init(empty))
        }
      }
      if method != "POST" { set(CURLOPT_CUSTOMREQUEST, method) }
    }
    for (name, value) in request.headers {
      append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    // Headers that curl would add: a form's type, and a pause before large bodies.
    if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
      append("Content-Type:")
    }
    append("Expect:")
    plumbline_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
  }

  private func append(_ header: String) {
    headerList = curl_slist_append(headerList, header)
  }

  // MARK: - Receiving

  private func setReceivers() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    plumbline_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    plumbline_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    plumbline_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    plumbline_curl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.receiveHeader(bytes, size * count) ?? 0
    }
    plumbline_curl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.of(context)?.receiveBody(bytes, size * count) ?? 0
    }
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Reads one line of the head. A return value other than `count` ends the transfer.
  private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    headerBytes += count
    guard headerBytes <= Self.headerLimit else {
      failure = .headersTooLarge(limit: Self.headerLimit)
      return 0
    }
    let line = String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self
    ).trimmingCharacters(in: .whitespacesAndNewlines)
    if line.isEmpty {
      return headIsComplete() ? 0 : count
    }
    if line.hasPrefix("HTTP/") {
      // A response may be preceded by others with a status below 200.
      headers = []
    } else if let colon = line.firstIndex(of: ":") {
      headers.append(
        (
          String(line[..<colon]),
          line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        ))
    }
    return count
  }

  /// Notes the status at the end of a head. Returns whether the transfer may end here.
  private func headIsComplete() -> Bool {
    var code = 0
    plumbline_curl_get_number(easy, CURLINFO_RESPONSE_CODE, &code)
    guard code >= 200 else { return false }
    status = code
    isHeadComplete = true
    // Without a body, the transfer ends here anyway and the connection can be used again.
    let hasBody = !headers.contains { $0.name.lowercased() == "content-length" && $0.value == "0" }
    return request.responseBody == .ignore && hasBody && code != 204
  }

  private func receiveBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard case .read(let limit) = request.responseBody else { return count }
    guard body.count + count <= limit else {
      failure = .bodyTooLarge(limit: limit)
      return count == 0 ? 1 : 0
    }
    if let bytes {
      body.append(UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self), count: count)
    }
    return count
  }

  // MARK: - Result

  /// Returns the response, or why there is none, after curl has ended the transfer.
  func result(of code: CURLcode) -> Result<HTTPClient.Response, any Error> {
    if let failure { return .failure(failure) }
    let hasEndedEarly = request.responseBody == .ignore && isHeadComplete
    guard code == CURLE_OK || hasEndedEarly else { return .failure(error(of: code)) }
    return .success(HTTPClient.Response(status: status, headers: headers, body: body))
  }

  private func error(of code: CURLcode) -> HTTPClientError {
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      return timeout()
    case CURLE_URL_MALFORMAT:
      return .invalidRequest("“\(request.url)” is not an http or https address")
    case CURLE_GOT_NOTHING: return .failed("the server closed the connection without an answer")
    case CURLE_PARTIAL_FILE: return .failed("the connection ended before the whole answer arrived")
    default: break
    }
    var number = 0
    plumbline_curl_get_number(easy, CURLINFO_OS_ERRNO, &number)
    if number != 0, let text = strerror(Int32(truncatingIfNeeded: number)) {
      return .failed(String(cString: text))
    }
    let detail = String(cString: errorText)
    return .failed(detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)
  }

  private func timeout() -> HTTPClientError {
    var connected: curl_off_t = 0
    plumbline_curl_get_size(easy, CURLINFO_PRETRANSFER_TIME_T, &connected)
    if connected == 0 { return .connectTimeout(min(request.connectTimeout, request.timeout)) }
    if let idle = request.idleTimeout, idle < request.timeout {
      var spent: curl_off_t = 0
      plumbline_curl_get_size(easy, CURLINFO_TOTAL_TIME_T, &spent)
      if Duration.microseconds(spent) < request.timeout { return .idleTimeout(idle) }
    }
    return .timeout(request.timeout)
  }
}
