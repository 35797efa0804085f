internal import Glibc
internal import Model
internal import Platform
internal import TestSupport
internal import Testing

@testable internal import Installation

/// Libraries that a C compiler makes.
struct CompiledLibraries {
  let directory: String

  static var hasCompiler: Bool { Files.isExecutable("/usr/bin/cc") }

  /// Makes `name` from C source; `arguments` go to the compiler. Returns its bytes.
  func make(_ name: String, _ source: String, _ arguments: [String] = []) async throws -> [UInt8] {
    try Files.write(source, to: "\(directory)/\(name).c")
    let result = try await ChildProcess.run(
      "/usr/bin/cc", ["-shared", "-fPIC", "-o", name, "\(name).c"] + arguments,
      environment: ["PATH": Bench.path], workingDirectory: directory, deadline: 60)
    guard result.status == 0 else { throw Failure(.io, "cc failed", because: result.errorOutput) }
    return try Files.read("\(directory)/\(name)")
  }
}

@Suite struct ELFTests {
  private func read(_ bytes: [UInt8]) -> ELFDynamics? {
    ELFDynamics { offset, count in
      guard offset >= 0, offset < bytes.count, count > 0 else { return [] }
      return Array(bytes[offset..<min(bytes.count, offset + min(count, bytes.count))])
    }
  }

  /// A library of made-up headers: what is needed and where, in either width and byte order.
  private func library(
    isWide: Bool, isLittle: Bool, _ entries: [(tag: Int, text: String)]
  ) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
      return isLittle ? bytes : bytes.reversed()
    }
    let word = isWide ? 8 : 4
    let headerSize = isWide ? 56 : 32
    let start = isWide ? 64 : 52
    var texts: [UInt8] = [0]
    var dynamic: [UInt8] = []
    for (tag, text) in entries {
      dynamic += number(tag, word) + number(texts.count, word)
      texts += Array(text.utf8) + [0]
    }
    let dynamicStart = start + 2 * headerSize
    let dynamicSize = dynamic.count + 4 * word
    let textStart = dynamicStart + dynamicSize
    // Loaded elsewhere than it lies in the file.
    let shift = 0x1000
    dynamic += number(5, word) + number(textStart + shift, word) + number(0, word) + number(0, word)
    func segment(_ type: Int, _ offset: Int, _ size: Int) -> [UInt8] {
      isWide
        ? number(type, 4) + number(0, 4) + number(offset, 8) + number(offset + shift, 8) + number(0, 8)
          + number(size, 8) + number(size, 8) + number(8, 8)
        : number(type, 4) + number(offset, 4) + number(offset + shift, 4) + number(0, 4) + number(size, 4)
          + number(size, 4) + number(0, 4) + number(4, 4)
    }
    var head: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, isLittle ? 1 : 2, 1] + [UInt8](repeating: 0, count: 9)
    head += number(3, 2) + number(62, 2) + number(1, 4) + number(0, word) + number(start, word) + number(0, word)
    head +=
      number(0, 4) + number(start, 2) + number(headerSize, 2) + number(2, 2) + number(0, 2) + number(0, 2)
      + number(0, 2)
    return head + segment(1, 0, textStart + texts.count) + segment(2, dynamicStart, dynamicSize) + dynamic + texts
  }

  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
  func everyWidthAndOrderIsRead(_ isWide: Bool, _ isLittle: Bool) {
    let bytes = library(
      isWide: isWide, isLittle: isLittle,
      [(1, "liba.so.1"), (15, "/old"), (29, "$ORIGIN/../a.libs:/opt/lib"), (1, "libc.so.6")])
    let found = read(bytes)
    #expect(found?.needed == ["liba.so.1", "libc.so.6"])
    #expect(found?.searchPath == ["$ORIGIN/../a.libs", "/opt/lib"])
    let old = read(library(isWide: isWide, isLittle: isLittle, [(15, "$ORIGIN/a:/b")]))
    #expect(old?.searchPath == ["$ORIGIN/a", "/b"] && old?.needed == [])
  }

  @Test func whatIsNoLibraryIsNone() {
    let good = library(isWide: true, isLittle: true, [(1, "liba.so"), (29, "$ORIGIN/..")])
    #expect(read(Array("#!/bin/sh\n".utf8)) == nil)
    #expect(read([]) == nil)
    // Cut short anywhere, or with any byte wrong, it is read or refused, and nothing else happens.
    for count in 0..<(good.count - 1) { _ = read(Array(good[..<count])) }
    for index in good.indices {
      for byte in [0, 0x7f, 0xff] as [UInt8] {
        var bytes = good
        bytes[index] = byte
        _ = read(bytes)
      }
    }
    #expect(read(Array(good[..<60])) == nil)
  }

  @Test(.enabled(if: CompiledLibraries.hasCompiler)) func whatACompilerMakesIsRead() async throws {
    let bench = try await Bench()
    let libraries = CompiledLibraries(directory: bench.root)
    _ = try await libraries.make("libdeep.so", "int deep(void) { return 42; }\n")
    for (flags, name) in [("--enable-new-dtags", "run.so"), ("--disable-new-dtags", "old.so")] {
      let bytes = try await libraries.make(
        name, "int deep(void); int call(void) { return deep(); }\n",
        ["-L.", "-ldeep", "-Wl,\(flags),-rpath,$ORIGIN/../deep.libs"])
      let found = try #require(read(bytes))
      #expect(found.needed.contains("libdeep.so") && found.searchPath == ["$ORIGIN/../deep.libs"])
    }
  }

  private func reaches(_ files: [String], _ libraries: [String: ([String], [String])]) -> [String] {
    OriginReach.paths(of: files + libraries.keys) { path in
      libraries[path].map { ELFDynamics(needed: $0, searchPath: $1) }
    }
  }

  @Test func whatLeavesItsDirectoryForWhatIsNotThereReaches() {
    #expect(
      reaches([], ["a/_x.so": (["liby.so", "libc.so.6"], ["$ORIGIN/../y.libs"])]) == [
        "y.libs/libc.so.6", "y.libs/liby.so",
      ])
    #expect(reaches([], ["a/b/_x.so": (["liby.so"], ["${ORIGIN}/../../y.libs/"])]) == ["y.libs/liby.so"])
    #expect(reaches([], ["ns/a/_x.so": (["liby.so"], ["$ORIGIN/.."])]) == ["ns/liby.so"])
    #expect(reaches([], ["a/_x.so": (["liby.so"], ["$ORIGIN/.."])]) == ["liby.so"])
    // Its own, wherever in the search path.
    #expect(reaches(["a.libs/liby.so"], ["a/_x.so": (["liby.so"], ["$ORIGIN/../y.libs:", "$ORIGIN/../a.libs"])]) == [])
    #expect(
      reaches([], ["a/_x.so": (["liby.so"], ["$ORIGIN/../y.libs"]), "y.libs/liby.so.1": ([], [])]) == ["y.libs/liby.so"]
    )
    // Beside it or below: real directories hold links to the files.
    #expect(reaches([], ["a/_x.so": (["liby.so"], ["$ORIGIN", "$ORIGIN/lib", "$ORIGIN/./."])]) == [])
    // Elsewhere.
    #expect(
      reaches(
        [], ["a/_x.so": (["liby.so", "/opt/liby.so"], ["/usr/lib", "$ORIGIN/../../../lib", "$LIB", "$ORIGINAL"])])
        == [])
    #expect(reaches([], ["a/x.py": (["liby.so"], ["$ORIGIN/../y.libs"])]) == [])
  }
}
