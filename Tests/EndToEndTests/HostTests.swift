import Glibc
import Model
import Platform
import TestSupport
import Testing

@Suite("What the host refuses: no right to write, no room, another user's files")
struct HostTests {
  /// `pinion` as a user whom the modes of files hold for.
  private func confined(_ scenario: Scenario, _ arguments: [String]) async throws -> CommandLineTool.Outcome {
    let words = try #require(Confinement.withoutRootsRights) + [scenario.tool().path] + arguments
    return try await CommandLineTool(
      words[0], environment: scenario.environment, workingDirectory: scenario.project
    ).run(Array(words.dropFirst()))
  }

  @Test(.enabled(if: Confinement.withoutRootsRights != nil, "\(Confinement.noSetpriv)"))
  func anUnwritableLockfileDirectoryIsSaidBeforeAnythingIsDone() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "1.1"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", file: "declared/pinion.yaml")
      let common = ["-f", "declared", "--state", "state"]
      #expect(try await confined(scenario, ["apply"] + common).status == 0)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.1}", file: "declared/pinion.yaml")
      chmod("\(scenario.project)/declared", 0o555)
      defer { chmod("\(scenario.project)/declared", 0o755) }

      let before = try scenario.index.requests().count
      for command in ["apply", "lock"] {
        let outcome = try await confined(scenario, [command] + common)
        #expect(outcome.status == 1)
        #expect(outcome.errorOutput.contains("the lockfile could not be written"), "\(outcome.text)")
        #expect(outcome.errorOutput.contains("\(scenario.project)/declared/pylock.demo.toml"))
        #expect(outcome.errorOutput.contains("--locked"))
        if command == "apply" { #expect(try scenario.index.requests().count == before, "it asked the index first") }
      }
      let current = "\(scenario.project)/state/environments/demo/current"
      #expect(Files.linkTarget(current) == "generations/1")
      // What writes no lockfile goes on.
      #expect(try await confined(scenario, ["plan"] + common).status == 0)
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}", file: "declared/pinion.yaml")
      #expect(try await confined(scenario, ["apply", "--locked"] + common).status == 0)
      let elsewhere = try await confined(scenario, ["status"] + common)
      #expect(elsewhere.status == 0 && elsewhere.output.contains("generation 1"))
    }
  }

  @Test(
    .enabled(if: geteuid() == 0, "only root can give files to another user"),
    .enabled(if: Confinement.withoutRootsRights != nil, "\(Confinement.noSetpriv)"))
  func anotherUsersStateCanBeReadAndNotChanged() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      try scenario.moduleSet("a: {module: alpha, pip_name: alpha==1.0}")
      try await scenario.succeeds("apply")
      try await scenario.run("/bin/chown", "-R", "65534:65534", scenario.state.root)
      let before = try TreeDigest.of(scenario.project)

      let status = try await confined(scenario, ["status"])
      #expect(status.status == 0 && status.output.contains("Ready"), "\(status.text)")
      let plan = try await confined(scenario, ["plan", "--locked"])
      #expect(plan.status == 0 && plan.output.contains("up to date"), "\(plan.text)")
      #expect(try await confined(scenario, ["verify"]).status == 0)
      let answer = try await confined(scenario, ["exec", "--", "python", "-c", "import alpha; print(alpha.run())"])
      #expect(answer.output == "1.0\n", "\(answer.text)")

      for arguments in [["apply", "--locked"], ["rollback"], ["resume"]] {
        let outcome = try await confined(scenario, arguments)
        #expect(outcome.status == 1, "\(arguments)")
        #expect(outcome.errorOutput.contains("could not open the lock"), "\(outcome.text)")
        #expect(outcome.errorOutput.contains(scenario.state.lock("demo")))
        #expect(outcome.errorOutput.contains("run as the owner of that path"))
      }
      #expect(try TreeDigest.of(scenario.project).difference(from: before) == [])
    }
  }

  /// Fills the disk save for so many KiB each time, applies, and goes on with room again. Arguments: the disk, pinion.
  private static let fullDisk = """
    disk=$1 pinion=$2
    say() { printf '%s\\n' "$*"; }
    apply() { "$pinion" apply --locked --state "$disk/state" 2>&1; say "status $?"; }
    mount -t tmpfs -o size=8m none "$disk" || exit 9
    say "== first"
    cp pinion.yaml second.yaml; cp pylock.demo.toml second.toml
    cp first.yaml pinion.yaml; cp first.toml pylock.demo.toml
    apply
    cp second.yaml pinion.yaml; cp second.toml pylock.demo.toml
    for free in 0 8 64 512 1024; do
      say "== full $free"
      dd if=/dev/zero of="$disk/filler" bs=4096 2>/dev/null
      truncate -s "-${free}K" "$disk/filler"
      apply
      rm "$disk/filler"
      say "current $(readlink "$disk/state/environments/demo/current")"
      say "staging $(ls "$disk/state/staging" | wc -l)"
      "$disk/state/environments/demo/current/bin/python" -c 'import alpha; print("alpha", alpha.__version__)'
      "$pinion" verify --deep --state "$disk/state"; say "verified $?"
    done
    say "== room"
    apply
    "$disk/state/environments/demo/current/bin/python" -c 'import alpha; print("alpha", alpha.__version__)'
    """

  @Test(.enabled(if: Confinement.inOwnMountNamespace != nil, "\(Confinement.noNamespace)"))
  func aFullDiskLeavesTheOldGeneration() async throws {
    try await Scenario.with { scenario in
      // Poorly compressible, so that the download does not fit either.
      var generator = SystemRandomNumberGenerator()
      let ballast = (0..<80_000).map { _ in String(UInt64.random(in: .min ... .max, using: &generator), radix: 36) }
        .joined(separator: "\n")
      var second = PythonProject("alpha", "2.0")
      second.files["alpha/ballast.txt"] = ballast
      try scenario.index.publish(PythonProject("alpha", "1.0"), second)
      for (version, name) in [("1.0", "first"), ("2.0", "second")] {
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}")
        try await scenario.succeeds("lock", "--state", "elsewhere")
        for (file, kept) in [("pinion.yaml", "yaml"), ("pylock.demo.toml", "toml")] {
          try Files.replace("\(scenario.project)/\(name).\(kept)", with: try Files.read("\(scenario.project)/\(file)"))
        }
      }
      let disk = "\(scenario.directory)/disk"
      try Files.makeDirectory(disk)
      let words =
        try #require(Confinement.inOwnMountNamespace) + [
          "/bin/sh", "-c", Self.fullDisk, "sh", disk, scenario.tool().path,
        ]
      let outcome = try await CommandLineTool(
        words[0], environment: scenario.environment, workingDirectory: scenario.project
      ).run(Array(words.dropFirst()))
      let parts = outcome.output.split(separator: "== ").map(String.init)
      try #require(parts.count == 7, "it said:\n\(outcome.text)")
      #expect(parts[0].hasPrefix("first") && parts[0].contains("status 0"), "\(parts[0])")
      for part in parts[1...5] {
        #expect(part.contains("status 1"), "\(part)")
        #expect(part.contains("error:") && part.contains("No space left on device"), "\(part)")
        #expect(part.contains("make room on that file system"), "\(part)")
        #expect(part.contains("current generations/1\nstaging 0\nalpha 1.0\n"), "\(part)")
        #expect(part.contains("verified 0"), "\(part)")
        #expect(!part.contains("Fatal error") && !part.contains("Traceback"), "\(part)")
      }
      #expect(parts[6].contains("status 0") && parts[6].contains("alpha 2.0"), "\(parts[6])")
    }
  }
}
