internal import CGit2
internal import GitWire
internal import Glibc

/// One conversation with a server. Belongs to one thread, as libgit2's objects do.
///
/// Credentials are shown to the origin that was asked for and to no other, and only once. libgit2 follows a redirect to
/// another port of the same host whatever it is told, so that with credentials in play no connection to another origin
/// is even opened; that the credential callback compares the URL as well is the second line of defence.
final class RemoteSession {
  private let remote: GitRemote
  private let origin: Origin?
  private let pulse: Pulse
  private let transfer: Transfer

  // What the callbacks found out, since libgit2 has one error code for all of it.
  private var hasAnswered = false
  private var isRefused = false
  private var isWanting = false
  private var turnedTo: String?
  private var hasAnsweredProxy = false
  private var isProxyRefusal = false
  private var isUntrusted = false
  private var connection: SSHConnection?

  /// A conversation that has not begun.
  init(_ remote: GitRemote, pulse: Pulse) {
    self.remote = remote
    self.pulse = pulse
    transfer = Transfer(remote, pulse: pulse)
    origin = Origin(remote.url)
  }

  /// All references of the server, annotated tags peeled.
  func references() throws(GitFault) -> RemoteReferences {
    var handle: OpaquePointer?
    try checkRemote(git_remote_create_detached(&handle, remote.url))
    defer { git_remote_free(handle) }
    try connect(handle)
    defer { git_remote_disconnect(handle) }
    return try list(handle).references
  }

  /// What a server that is connected to has said of its references.
  private func list(_ handle: OpaquePointer?) throws(GitFault) -> Advertisement {
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try checkRemote(git_remote_ls(&heads, &count, handle))
    return Advertisement(UnsafeBufferPointer(start: heads, count: count))
  }

  /// Brings references into a repository: those refspecs that are chosen when the server has said what it has.
  ///
  /// Nothing is fetched where none is chosen. `isAlone` leaves history out, where libgit2 can.
  func fetch(
    into repository: OpaquePointer, isAlone: Bool = false,
    _ choose: (Advertisement) throws(GitFault) -> [String]
  ) throws(GitFault) {
    var handle: OpaquePointer?
    try checkRemote(git_remote_create_anonymous(&handle, repository, remote.url))
    defer { git_remote_free(handle) }
    try connect(handle)
    defer { git_remote_disconnect(handle) }
    let refspecs = try choose(try list(handle))
    guard !refspecs.isEmpty else { return }
    var options = git_fetch_options()
    git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
    configure(&options.callbacks)
    options.follow_redirects = redirectPolicy
    // Which tags there are to be is said by whoever asks (`Mirror.settleTags`).
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    if isAlone { pinion_git_leave_history_out(&options) }
    try checkRemote(
      watching {
        withProxy { proxy in
          options.proxy_opts = proxy
          return Library.withStrings(refspecs) { git_remote_download(handle, &$0, &options) }
        }
      })
    try checkRemote(git_remote_update_tips(handle, &options.callbacks, 0, GIT_REMOTE_DOWNLOAD_TAGS_NONE, nil))
  }

  private func connect(_ handle: OpaquePointer?) throws(GitFault) {
    var options = git_remote_connect_options()
    git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
    configure(&options.callbacks)
    options.follow_redirects = redirectPolicy
    // Each connection is asked by somebody anew.
    (hasAnswered, isRefused, isWanting, turnedTo, isUntrusted) = (false, false, false, nil, false)
    transfer.allow(GitLimits.referenceBytes)
    defer { transfer.allow(remote.limits.bytes) }
    try checkRemote(
      watching {
        withProxy { proxy in
          options.proxy_opts = proxy
          return git_remote_connect_ext(handle, GIT_DIRECTION_FETCH, &options)
        }
      })
  }

  /// Calls with the proxy's settings, which live as long as the call. Never libgit2's own reading of the environment.
  private func withProxy(_ body: (git_proxy_options) -> Int32) -> Int32 {
    var options = git_proxy_options()
    git_proxy_options_init(&options, UInt32(GIT_PROXY_OPTIONS_VERSION))
    options.type = GIT_PROXY_NONE
    guard let proxy = remote.proxy else { return body(options) }
    options.type = GIT_PROXY_SPECIFIED
    options.payload = Unmanaged.passUnretained(self).toOpaque()
    options.credentials = { out, _, _, allowed, payload in
      RemoteSession.from(payload)?.answerProxy(out, allowed: allowed) ?? GIT_EAUTH.rawValue
    }
    hasAnsweredProxy = false
    return proxy.url.withCString { url in
      options.url = url
      return body(options)
    }
  }

  private func answerProxy(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, allowed: UInt32
  ) -> Int32 {
    guard let credentials = remote.proxy?.credentials, !hasAnsweredProxy,
      allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0
    else {
      isProxyRefusal = true
      return Self.deny(
        hasAnsweredProxy ? "the proxy did not accept the credentials" : "the proxy asks for credentials")
    }
    hasAnsweredProxy = true
    return git_credential_userpass_plaintext_new(out, credentials.username, credentials.password)
  }

  /// Without credentials a redirect does no harm, and repositories do move.
  private var redirectPolicy: git_remote_redirect_t {
    remote.credentials == nil && remote.followsRedirects ? GIT_REMOTE_REDIRECT_INITIAL : GIT_REMOTE_REDIRECT_NONE
  }

  // MARK: What libgit2 calls

  private func configure(_ callbacks: inout git_remote_callbacks) {
    callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
    callbacks.credentials = { out, url, _, allowed, payload in
      RemoteSession.from(payload)?.answer(out, url: url, allowed: allowed) ?? GIT_EAUTH.rawValue
    }
    callbacks.certificate_check = { _, isValid, host, payload in
      RemoteSession.from(payload)?.judge(isValid: isValid != 0, host: host) ?? GIT_PASSTHROUGH.rawValue
    }
    callbacks.transfer_progress = { _, payload in RemoteSession.from(payload)?.goesOn() ?? 0 }
    callbacks.sideband_progress = { _, _, payload in RemoteSession.from(payload)?.goesOn() ?? 0 }
  }

  /// Keeps libgit2's own verdict, save for the one host whose certificate is not to be looked at. A proxy is another host.
  private func judge(isValid: Bool, host: UnsafePointer<CChar>?) -> Int32 {
    if remote.takesAnyCertificate, let host, let origin, String(cString: host).lowercased() == origin.host { return 0 }
    // libgit2 1.9 has no error code for it once it has asked here.
    if !isValid { isUntrusted = true }
    return GIT_PASSTHROUGH.rawValue
  }

  private static func from(_ payload: UnsafeMutableRawPointer?) -> RemoteSession? {
    payload.map { Unmanaged<RemoteSession>.fromOpaque($0).takeUnretainedValue() }
  }

  /// What is made of the bytes here takes time too.
  private func goesOn() -> Int32 {
    pulse.beat()
    return transfer.isOver() ? GIT_EUSER.rawValue : 0
  }

  private func answer(
    _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, url: UnsafePointer<CChar>?, allowed: UInt32
  ) -> Int32 {
    guard let credentials = remote.credentials else {
      isWanting = true
      return Self.deny("the server asks for credentials")
    }
    guard let origin, let url, Origin(String(cString: url)) == origin else {
      turnedTo = turnedTo ?? url.flatMap { Origin(String(cString: $0))?.description } ?? "another server"
      return Self.deny("credentials are for \(origin?.description ?? "no server") alone")
    }
    guard !hasAnswered else {
      isRefused = true
      return Self.deny("the server did not accept the credentials")
    }
    guard allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0 else {
      isRefused = true
      return Self.deny("the server takes no user name and password")
    }
    hasAnswered = true
    return git_credential_userpass_plaintext_new(out, credentials.username, credentials.password)
  }

  private static func deny(_ message: String) -> Int32 {
    git_error_set_str(Int32(GIT_ERROR_HTTP.rawValue), message)
    return GIT_EAUTH.rawValue
  }

  // MARK: Which connections are made

  /// The session that the calling thread is in: connections are opened by a call that knows nothing of it.
  private static let current: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  private func watching(_ body: () -> Int32) -> Int32 {
    pthread_setspecific(Self.current, Unmanaged.passUnretained(self).toOpaque())
    defer { pthread_setspecific(Self.current, nil) }
    return body()
  }

  /// Opens every connection of libgit2, or refuses to.
  static let openStream:
    @convention(c) (
      UnsafeMutablePointer<UnsafeMutablePointer<git_stream>?>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Int32 = { out, host, port in
      guard let out, let host, let port, let session = from(pthread_getspecific(current)),
        session.mayConnect(to: String(cString: host), port: String(cString: port))
      else {
        git_error_set_str(Int32(GIT_ERROR_NET.rawValue), "the server sends on to another origin")
        return GIT_ERROR.rawValue
      }
      out.pointee = Stream.make(to: String(cString: host), port: String(cString: port), session.transfer)
      return GIT_OK.rawValue
    }

  /// Begins every conversation with an ssh server. libgit2 has no hand in it.
  static let openSSH:
    @convention(c) (
      UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?, UnsafeMutablePointer<git_transport>?,
      UnsafeMutableRawPointer?
    ) -> Int32 = { out, _, _ in
      guard let out, let session = from(pthread_getspecific(current)), let ssh = session.remote.ssh else {
        git_error_set_str(Int32(GIT_ERROR_SSH.rawValue), "nothing is said of this server's keys")
        return GIT_ERROR.rawValue
      }
      let connection = SSHConnection(ssh, session.transfer)
      session.connection = connection
      out.pointee = SSHConnection.begin(connection)
      return 0
    }

  private func mayConnect(to host: String, port: String) -> Bool {
    guard remote.credentials != nil || !remote.followsRedirects else { return true }
    let plainHost = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    if let origin, origin.host == plainHost.lowercased(), origin.port == Int(port) { return true }
    // A proxy is told the server's name and port alone; what goes on to the server is encrypted for it.
    if let proxy = remote.proxy.flatMap({ Origin($0.url) }), proxy.host == plainHost.lowercased(),
      proxy.port == Int(port)
    {
      return true
    }
    turnedTo = "\(host):\(port)"
    return false
  }

  // MARK: What came of it

  private func checkRemote(_ code: Int32) throws(GitFault) {
    guard code < 0 else { return }
    let (kind, message) = Library.lastError()
    // Before what the connection ended with: a certificate that is not trusted ends it.
    if isUntrusted { throw GitFault(.untrusted, message) }
    if let fault = transfer.fault ?? connection?.fault { throw fault }
    if isProxyRefusal { throw GitFault(.proxyRefused, message) }
    let sentOn: GitFault.Kind = remote.credentials == nil ? .sentOn : .redirected
    if let turnedTo { throw GitFault(sentOn, "the server sends on to \(turnedTo)") }
    if isWanting { throw GitFault(.credentialsWanted, message) }
    if isRefused { throw GitFault(.refused, message) }
    let fault = RemoteFaults.fault(code, kind, message, hasHungUp: transfer.hasHungUp)
    throw fault.kind == .redirected ? GitFault(sentOn, fault.message) : fault
  }
}
