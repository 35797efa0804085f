import Glibc
import Model
import Platform
import TestSupport
import Testing

/// What is said when the system refuses, on record in `Snapshots/files.txt`.
@Suite struct PlatformComplaintsTests {
  /// What can be done to files, on paths where it cannot be done.
  private func attempts(_ root: String) -> [(String, () throws -> Void)] {
    let (file, directory, absent) = ("\(root)/file", "\(root)/directory", "\(root)/absent")
    let long = "\(root)/" + String(repeating: "long", count: 75)
    return [
      ("read what is not there", { _ = try Files.read(absent) }),
      ("read a directory", { _ = try Files.read(directory) }),
      ("read below a file", { _ = try Files.read("\(file)/x") }),
      ("write below a file", { try Files.write("x", to: "\(file)/x") }),
      ("write into no directory", { try Files.write("x", to: "\(absent)/x") }),
      ("write over a directory", { try Files.write("x", to: directory) }),
      ("replace a directory", { try Files.replace(directory, with: []) }),
      ("replace in no directory", { try Files.replace("\(absent)/x", with: []) }),
      ("make what is not there executable", { try Files.makeExecutable(absent) }),
      ("sync what is no directory", { try Files.sync(directory: file) }),
      ("sync the file system of nothing", { try Files.syncFileSystem(holding: absent) }),
      ("make a directory below a file", { try Files.makeDirectory("\(file)/a/b") }),
      ("make a directory with a name too long", { try Files.makeDirectory(long) }),
      ("make a link where something is", { try Files.link(file, to: "x") }),
      ("make a hard link to nothing", { _ = try Files.hardLink("\(root)/x", to: absent) }),
      ("copy what is not there", { try Files.copy(absent, to: "\(root)/x") }),
      ("copy to where something is", { try Files.copy(file, to: file) }),
      ("take the right to write from nothing", { try Files.makeReadOnly(absent) }),
      ("read a part of nothing", { _ = try Files.read(absent, from: 0, count: 1) }),
      ("rename what is not there", { try Files.rename(absent, to: "\(root)/x") }),
      ("rename into no directory", { _ = try Files.renameExclusively(file, to: "\(absent)/x") }),
      ("exchange with what is not there", { try Files.exchange(file, with: absent) }),
      ("point a link that is a directory elsewhere", { try Files.replaceLink(directory, to: "x") }),
      ("remove a file of the kernel's", { try Files.remove("/proc/self/status") }),
      ("remove a directory by way of itself", { try Files.remove("\(directory)/.") }),
      ("list a file", { _ = try Files.list(file) }),
      ("take the digest of what is not there", { _ = try FileDigest.sha256(absent) }),
      ("copy over a file", { _ = try FileDigest.copy(file, to: file) }),
      ("lock in no directory", { _ = try FileLock.attempt("\(absent)/lock") }),
      ("stage below a file", { _ = try StagingArea.make(in: "\(file)/staging") }),
      ("read a record that is none", { throw JSONText.unreadable("\(root)/record.json") }),
    ]
  }

  @Test func areOnRecord() async throws {
    try await TemporaryDirectory.with { root in
      try Files.write("x", to: "\(root)/file")
      try Files.makeDirectory("\(root)/directory/inner")
      var record = ComplaintRecord()
      for (title, attempt) in attempts(root) { try record.add(title, attempt) }
      for number in [ENOSPC, EACCES, EROFS] {
        record.add(
          "write where it cannot be", Files.failure("could not write the file", "\(root)/file", number).diagnostics)
      }
      try await record.add("run what is not there") {
        _ = try await ChildProcess.run("\(root)/absent", [], environment: [:], deadline: 60)
      }
      let lock = try await FileLock.acquire("\(root)/lock", waitingUpTo: 0, command: "pinion apply")
      try await record.add("take a lock that is held") {
        _ = try await FileLock.acquire("\(root)/lock", waitingUpTo: 0, command: "pinion gc")
      }
      _ = lock
      // A pipe can be locked, and not be cut short.
      try #require(mkfifo("\(root)/pipe", 0o600) == 0)
      try await record.add("take a lock that cannot be signed") {
        _ = try await FileLock.acquire("\(root)/pipe", waitingUpTo: 0, command: "pinion gc")
      }
      #expect(
        try record.isOnRecord(
          as: "files", beside: #filePath, replacing: [(root, "DIR"), ("process \(getpid())", "process PID")]))
    }
  }

  /// What JSON cannot say is a mistake of Pinion's own; why is told in the library's words, which differ.
  @Test func recordsAreOnRecord() throws {
    let failure = try #require(throws: Failure.self) { try JSONText.encode(Double.nan) }
    var diagnostics = failure.diagnostics
    #expect(diagnostics[0].cause?.isEmpty == false)
    diagnostics[0].cause = "WORDS"
    var record = ComplaintRecord()
    record.add("a number that JSON does not have", diagnostics)
    #expect(try record.isOnRecord(as: "records", beside: #filePath))
  }
}
