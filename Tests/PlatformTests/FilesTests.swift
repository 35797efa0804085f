import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("Files, locks and staging")
struct FilesTests {
  @Test func replaceIsWholeOrNothingAndLeavesNothingBeside() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/file"
      try Files.replace(path, with: Array("one".utf8))
      try Files.replace(path, with: Array("two".utf8), mode: 0o600)
      #expect(String(decoding: try Files.read(path), as: UTF8.self) == "two")
      #expect(try Files.list(directory) == ["file"])
      // A directory is in the way: what is there stays, and no temporary file does.
      try Files.makeDirectory("\(directory)/other/inner")
      #expect(throws: Failure.self) { try Files.replace("\(directory)/other", with: []) }
      #expect(try Files.list(directory) == ["file", "other"])
      #expect(try Files.list("\(directory)/other") == ["inner"])
    }
  }

  @Test func replaceGoesThroughNoLink() async throws {
    try await TemporaryDirectory.with { directory in
      try Files.write("precious", to: "\(directory)/target")
      try Files.link("\(directory)/link", to: "target")
      try Files.replace("\(directory)/link", with: Array("new".utf8))
      #expect(String(decoding: try Files.read("\(directory)/target"), as: UTF8.self) == "precious")
      #expect(Files.kind("\(directory)/link") == .file)
    }
  }

  @Test func removeTakesTreesButFollowsNoLink() async throws {
    try await TemporaryDirectory.with { directory in
      try Files.makeDirectory("\(directory)/keep")
      try Files.write("x", to: "\(directory)/keep/file")
      try Files.makeDirectory("\(directory)/tree/a/b")
      try Files.write("y", to: "\(directory)/tree/a/b/c")
      try Files.link("\(directory)/tree/a/out", to: "../../keep")
      try Files.link("\(directory)/tree/dangling", to: "nowhere")
      chmod("\(directory)/tree/a/b", 0o500)
      try Files.remove("\(directory)/tree")
      try Files.remove("\(directory)/tree")
      #expect(try Files.list(directory) == ["keep"])
      #expect(try Files.list("\(directory)/keep") == ["file"])
      try Files.link("\(directory)/link", to: "keep")
      try Files.remove("\(directory)/link")
      #expect(try Files.list(directory) == ["keep"])
    }
  }

  @Test func linksAreReplacedAtOnce() async throws {
    try await TemporaryDirectory.with { directory in
      let link = "\(directory)/current"
      for number in 1...3 {
        try Files.replaceLink(link, to: "generations/\(number)")
        #expect(Files.linkTarget(link) == "generations/\(number)")
      }
      #expect(try Files.list(directory) == ["current"])
      #expect(Files.exists(link) == false)
      #expect(Files.kind(link) == .link)
    }
  }

  @Test func whatAKillLeftBesideIsClearedAway() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["file.pinion.new-1", "file.pinion.new-2", "other.pinion.new-1", "file.new-1"] {
        try Files.write("x", to: "\(directory)/\(name)")
      }
      try Files.link("\(directory)/link.pinion.new-3", to: "x")
      // Somebody is at work on it.
      let held = try #require(try FileLock.attempt("\(directory)/file.pinion.new-2"))
      try Files.replace("\(directory)/file", with: Array("new".utf8))
      try Files.replaceLink("\(directory)/link", to: "file")
      withExtendedLifetime(held) {}
      #expect(
        try Files.list(directory) == ["file", "file.new-1", "file.pinion.new-2", "link", "other.pinion.new-1"])
    }
  }

  @Test func manyMayReplaceAFileAtOnce() async throws {
    try await TemporaryDirectory.with { directory in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask { try Files.replace("\(directory)/file", with: Array("\(number)".utf8)) }
        }
        try await group.waitForAll()
      }
      #expect(try Files.list(directory) == ["file"])
    }
  }

  @Test func anExclusiveRenameOverwritesNothing() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["one", "two"] {
        try Files.makeDirectory("\(directory)/\(name)")
        try Files.write(name, to: "\(directory)/\(name)/file")
      }
      #expect(try Files.renameExclusively("\(directory)/one", to: "\(directory)/there"))
      #expect(try Files.renameExclusively("\(directory)/two", to: "\(directory)/there") == false)
      #expect(String(decoding: try Files.read("\(directory)/there/file"), as: UTF8.self) == "one")
      #expect(try Files.list(directory) == ["there", "two"])
    }
  }

  @Test func failuresNameTheFileAndTheReason() async throws {
    try await TemporaryDirectory.with { directory in
      let failure = #expect(throws: Failure.self) { try Files.read("\(directory)/absent") }
      #expect(failure?.diagnostics.first?.place == .path("\(directory)/absent"))
      #expect(failure?.diagnostics.first?.cause == "No such file or directory")
      #expect(throws: Failure.self) { try Files.read(directory) }
      #expect(try Files.readIfPresent("\(directory)/absent") == nil)
      #expect(try Files.list("\(directory)/absent") == [])
      try Files.write("", to: "\(directory)/file")
      #expect(throws: Failure.self) { try Files.makeDirectory("\(directory)/file/inner") }
      try Files.makeDirectory("\(directory)/a/b/c")
      try Files.makeDirectory("\(directory)/a/b/c")
    }
  }

  @Test func bigFilesComeBackAsTheyWere() async throws {
    try await TemporaryDirectory.with { directory in
      let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try Files.write(bytes, to: "\(directory)/big")
      #expect(try Files.read("\(directory)/big") == bytes)
      #expect(Files.identity("\(directory)/big")?.size == bytes.count)
      // Files that do not say their size, as those of /proc.
      #expect(try !Files.read("/proc/self/status").isEmpty)
    }
  }
}

@Suite("Locks")
struct FileLockTests {
  @Test func oneWriterManyReaders() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/lock"
      var writer = try FileLock.attempt(path)
      #expect(writer != nil)
      #expect(try FileLock.attempt(path) == nil)
      #expect(try FileLock.attempt(path, .shared) == nil)
      writer = nil
      let readers = [try FileLock.attempt(path, .shared), try FileLock.attempt(path, .shared)]
      #expect(readers.allSatisfy { $0 != nil })
      #expect(try FileLock.attempt(path) == nil)
      withExtendedLifetime(readers) {}
    }
  }

  @Test func whoWaitsIsToldWhoHoldsIt() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/lock"
      let held = try await FileLock.acquire(path, waitingUpTo: 0, command: "pinion apply -f x.yaml")
      let failure = await #expect(throws: Failure.self) {
        _ = try await FileLock.acquire(path, waitingUpTo: 0.1, command: "another")
      }
      let diagnostic = failure?.diagnostics.first
      #expect(diagnostic?.code == .locked)
      #expect(diagnostic?.isRetryable == true)
      #expect(diagnostic?.cause == "process \(getpid()) holds the lock: pinion apply -f x.yaml")
      withExtendedLifetime(held) {}
    }
  }

  @Test func aLockThatIsGivenBackIsTaken() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/lock"
      var held: FileLock? = try FileLock.attempt(path)
      #expect(held != nil)
      let waiting = Task { try await FileLock.acquire(path, waitingUpTo: 30, command: "second") }
      try await Task.sleep(for: .milliseconds(80))
      withExtendedLifetime(held) {}
      held = nil
      let second = try await waiting.value
      #expect(second.isCurrent)
      #expect(String(decoding: try Files.read(path), as: UTF8.self) == "\(getpid())\nsecond\n")
      try Files.remove(path)
      #expect(!second.isCurrent)
    }
  }

  @Test func aChildDoesNotInheritIt() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/lock"
      var held: FileLock? = try FileLock.attempt(path)
      let child = try CommandLineTool("/bin/sleep", environment: [:], workingDirectory: "/").start(["300"])
      withExtendedLifetime(held) {}
      held = nil
      // A child of another test may have it for the moment between its fork and its exec; this one would keep it.
      _ = try await FileLock.acquire(path, waitingUpTo: 30, command: "test")
      child.kill()
      #expect(try await child.outcome().status == 128 + SIGKILL)
    }
  }
}

@Suite("Hard links, copies, and what becomes free")
struct TreeTests {
  @Test func hardLinksAreMadeOrDeclined() async throws {
    try await TemporaryDirectory.with { directory in
      let file = "\(directory)/file"
      try Files.write("text", to: file, mode: 0o755)
      #expect(try Files.hardLink("\(directory)/other", to: file))
      #expect(Files.names(of: file) == 2 && Files.names(of: "\(directory)/absent") == 0)
      #expect(
        try !Files.hardLink("/dev/shm/pinion-\(UInt64.random(in: .min ... .max))", to: file), "another file system")
      try Files.copy(file, to: "\(directory)/copy")
      #expect(Files.isExecutable("\(directory)/copy") && Files.names(of: "\(directory)/copy") == 1)
      try Files.makeReadOnly("\(directory)/copy")
      try Files.makeReadOnly("\(directory)/copy")
      var status = stat()
      #expect(stat("\(directory)/copy", &status) == 0 && status.st_mode & 0o777 == 0o555)
      #expect(try Files.read(file, from: 1, count: 2) == Array("ex".utf8))
      #expect(try Files.read(file, from: 3, count: 9) == Array("t".utf8))
      #expect(try Files.read(file, from: 4, count: 9) == [])
    }
  }

  @Test func aFileIsFreeWhenAllOfItsNamesGo() async throws {
    try await TemporaryDirectory.with { directory in
      for name in ["a", "b/deep", "c"] { try Files.makeDirectory("\(directory)/\(name)") }
      try Files.write("12345", to: "\(directory)/a/file")
      #expect(try Files.hardLink("\(directory)/b/deep/file", to: "\(directory)/a/file"))
      try Files.write("123", to: "\(directory)/b/own")
      try Files.link("\(directory)/c/link", to: "../a/file")
      var reclaimed = Reclaimed()
      reclaimed.add("\(directory)/c")
      reclaimed.add("\(directory)/absent")
      #expect(reclaimed.bytes == 0)
      reclaimed.add("\(directory)/a")
      #expect(reclaimed.bytes == 0)
      var other = Reclaimed()
      other.add("\(directory)/b")
      #expect(other.bytes == 3)
      reclaimed.add(other)
      #expect(reclaimed.bytes == 8)
    }
  }

  @Test func aLockCanBeHeldAloneByWhoMayOnlyRead() async throws {
    try await TemporaryDirectory.with { directory in
      let path = "\(directory)/record"
      #expect(throws: Failure.self) { try FileLock.attemptToHoldAlone(path) }
      #expect(!Files.exists(path))
      try Files.write("x", to: path, mode: 0o444)
      let shared = try FileLock.attempt(path, .shared)
      #expect(try FileLock.attemptToHoldAlone(path) == nil)
      withExtendedLifetime(shared) {}
    }
    try await TemporaryDirectory.with { directory in
      try Files.write("x", to: "\(directory)/record")
      var held = try FileLock.attemptToHoldAlone("\(directory)/record")
      #expect(try held != nil && FileLock.attempt("\(directory)/record", .shared) == nil)
      held = nil
      #expect(try FileLock.attempt("\(directory)/record", .shared) != nil)
      #expect(try Files.read("\(directory)/record") == Array("x".utf8))
    }
  }
}

@Suite("Staging")
struct StagingAreaTests {
  @Test func sweepLeavesWhatIsInUse() async throws {
    try await TemporaryDirectory.with { directory in
      let parent = "\(directory)/staging"
      let used = try StagingArea.make(in: parent)
      try Files.makeDirectory("\(parent)/left/behind")
      try Files.write("x", to: "\(parent)/file")
      try Files.link("\(parent)/link", to: directory)
      try StagingArea.sweep(parent)
      #expect(try Files.list(parent) == [used.path.lastPathComponent])
      try used.remove()
      #expect(try Files.list(parent) == [])
      try StagingArea.sweep("\(directory)/absent")
    }
  }

  @Test func areasDifferAndArePrivate() async throws {
    try await TemporaryDirectory.with { directory in
      let areas = try (0..<20).map { _ in try StagingArea.make(in: directory) }
      #expect(Set(areas.map(\.path)).count == 20)
      var status = stat()
      #expect(stat(areas[0].path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o700)
    }
  }

  @Test func areasOfManyAtOnceSurviveSweeps() async throws {
    try await TemporaryDirectory.with { directory in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            for _ in 0..<20 {
              let area = try StagingArea.make(in: directory)
              try Files.write("x", to: "\(area.path)/file")
              try StagingArea.sweep(directory)
              #expect(Files.exists("\(area.path)/file"))
              try area.remove()
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try Files.list(directory) == [])
    }
  }
}
