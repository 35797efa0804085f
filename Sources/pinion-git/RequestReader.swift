internal import GitWire
internal import Glibc

/// Standard input, read to its end on the main thread.
struct RequestReader {
  /// Who does what is asked.
  let workers: WorkerPool
  /// Where complaints about unreadable lines go.
  let output: ReplyWriter

  /// Hands every request to the workers; returns when standard input is closed.
  func run() {
    var lines = LineBuffer()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0, lines.append(chunk[..<count]) else { return }
      while let line = lines.next() { take(line) }
    }
  }

  private func take(_ line: [UInt8]) {
    // Another version may have another shape, so that its beginning is read first.
    if let head = try? WireLine.decode(GitRequestHead.self, from: line), head.version != GitRequest.version {
      let fault = GitFault(
        .failed, "pinion-git speaks protocol \(GitRequest.version), and was asked in \(head.version)")
      output.send(GitReply(id: head.id, outcome: .failed(fault)))
      return
    }
    // What stands in an unreadable line is not repeated: it may hold credentials.
    guard let request = try? WireLine.decode(GitRequest.self, from: line) else {
      output.send(GitReply(id: 0, outcome: .failed(GitFault(.failed, "a request could not be read"))))
      return
    }
    workers.submit(request)
  }
}
