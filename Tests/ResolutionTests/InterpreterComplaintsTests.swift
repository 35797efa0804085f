import Model
import Platform
import TestSupport
import Testing

@testable import Resolution

/// Every complaint about interpreters, bases and modules that nothing answers for, on record in `Snapshots`.
@Suite struct InterpreterComplaintsTests {
  @Test func interpreters() async throws {
    try await ResolutionBench.with { bench in
      let finder = InterpreterFinder(searchPath: [try PythonTools.required().bin], home: nil)
      let silent = "\(bench.directory)/silent"
      try Files.write("#!/bin/sh\necho 'not a Python' >&2; exit 3\n", to: silent, mode: 0o755)
      var record = ComplaintRecord()
      for request in ["python9", "/nonexistent/python", "<3", silent] {
        try await record.add("python: \(request)") { _ = try await finder.find(request, directory: "/") }
      }
      let old = "\(bench.directory)/old"
      let current = try PythonTools.required().plainPython
      try Files.write(
        "#!/bin/sh\n'\(current)' \"$@\" | /usr/bin/sed -E 's/\"version\": \"[0-9.]*\"/\"version\": \"3.8.18\"/'\n",
        to: old,
        mode: 0o755)
      try await record.add("python: an old one") { _ = try await finder.find(old, directory: "/") }
      try await record.add("python: >=3, and none on PATH") {
        _ = try await InterpreterFinder(searchPath: [], home: nil).find(">=3", directory: "/")
      }
      try await record.add("base: a directory without an interpreter") {
        _ = try await finder.base(at: bench.directory)
      }
      try await record.add("an interpreter that knows no modules") {
        var interpreter = bench.interpreter
        interpreter.executable = silent
        _ = try await ModuleLocator(interpreter: interpreter, base: nil, pythonPath: [], provided: []).locate(["json"])
      }
      let python = try #require(Files.realPath(try PythonTools.required().plainPython))
      #expect(
        try record.isOnRecord(
          as: "interpreters", beside: #filePath,
          replacing: [(python, "PYTHON"), (try PythonTools.required().bin, "TOOLS")] + bench.replacing()))
    }
  }

  @Test func modules() async throws {
    try await ResolutionBench.with { bench in
      var record = ComplaintRecord()
      try await record.add("a module without a requirement") { _ = try await bench.answers([("nobody.has_this", nil)]) }
      let implied = try await bench.answers([("nobody", nil)])
      record.add("a package that is implied", implied.warnings)
      let name = try #require(PackageName("nothing"))
      for modules in [bench.environment([]).modules, bench.environment([("one", nil)]).modules] {
        try record.add("--upgrade nothing, with \(modules.count) modules") {
          _ = try UpgradeTargets(.packages([name]), modules: modules, previous: nil)
        }
      }
      #expect(try record.isOnRecord(as: "modules", beside: #filePath, replacing: bench.replacing()))
    }
  }
}
