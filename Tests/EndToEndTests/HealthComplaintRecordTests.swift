import Model
import Platform
import TestSupport
import Testing

/// All that is said of applications that are not well, of hooks that fail and of what is held, on record in
/// `Snapshots/complaints-health.txt`.
@Suite struct HealthComplaintRecordTests {
  /// Specs of a generation that has nothing before it, so that each apply checks it again.
  private static let ill = [
    "health: {exec: [no-such-program]}", "health: {exec: [./pinion.yaml]}", "health: {exec: [\"false\"]}",
    "health: {exec: [sh, -c, \"echo one; echo two >&2; exit 3\"]}", "health: {exec: [sleep, \"600\"], timeout: 50ms}",
    "health: {http: \"http://127.0.0.1:CLOSED/health\"}", "health: {http: \"http://127.0.0.1:OPEN/health\"}",
    "health: {http: {url: \"http://user:${API_TOKEN}@127.0.0.1:OPEN/health\", status: 418}}",
    "health: {http: {url: \"http://127.0.0.1:OPEN/health\", status: 503, contains: ready}}",
    "health: {http: \"http://127.0.0.1:DEAF/health\", timeout: 50ms}", "health: {tcp: \"127.0.0.1:CLOSED\"}",
    "health: {pidFile: absent.pid}", "health: {pidFile: .}", "health: {pidFile: pinion.yaml}",
    "health: {pidFile: one.pid}", "health: {pidFile: gone.pid}",
    "health: {exec: [\"true\"], successes: 5}",
    "onChange: [{exec: [sh, -c, \"echo ${API_TOKEN}; exit 1\"]}, {http: \"http://127.0.0.1:OPEN/changed\"}]",
    "onChange: [{signal: HUP, pidFile: absent.pid}, {systemctl: reload, unit: app.service}]",
    "health: {exec: [\"false\"]}\nonChange: [{exec: [\"false\"]}]",
  ]

  @Test func areOnRecord() async throws {
    try await Scenario.with { scenario in
      try scenario.index.publish(PythonProject("alpha", "1.0"), PythonProject("alpha", "2.0"))
      let application = try ApplicationServer.start("\(scenario.directory)/application")
      let closed = try ApplicationServer.start("\(scenario.directory)/closed")
      closed.stop()
      let deaf = try GitServer.start(root: scenario.repositories, mode: .silent, log: "\(scenario.directory)/deaf.log")
      defer {
        application.stop()
        deaf.stop()
      }
      try application.answer(503)
      try application.answerPosts(302)
      try scenario.write("1\n", to: "one.pid")
      // The number of a process that has ended, and that was waited for.
      let ended = try await scenario.run("/bin/sh", "-c", "echo $$")
      try scenario.write(ended, to: "gone.pid")
      try scenario.write("#!/bin/sh\necho \"$@: it has no such thing\" >&2\nexit 5\n", to: "stand-in/systemctl")
      try Files.makeExecutable("\(scenario.project)/stand-in/systemctl")
      let path = "\(scenario.project)/stand-in:\(scenario.environment["PATH"] ?? "")"
      let ports = ["OPEN": application.port, "CLOSED": closed.port, "DEAF": deaf.port]
      var text = ""
      func add(_ arguments: String..., says spec: String) async throws {
        let outcome = try await scenario.tool(["API_TOKEN": Scenario.token, "PATH": path]).run(arguments)
        #expect(outcome.status == 1, "\(spec): \(outcome.text)")
        #expect(!outcome.text.contains(Scenario.token))
        text += "# \(spec.replacing("\n", with: "\n# "))\n\(outcome.text)\n"
      }
      func declare(_ spec: String, _ version: String = "1.0") throws {
        var spec = spec.replacing("health: {", with: "health: {within: 60ms, every: 1m, ")
        for (name, port) in ports { spec = spec.replacing(name, with: "\(port)") }
        try scenario.moduleSet("a: {module: alpha, pip_name: alpha==\(version)}", spec: spec)
      }
      for spec in Self.ill {
        try declare(spec)
        try await add("apply", says: spec)
      }
      try declare("health: {exec: [\"true\"]}")
      try await scenario.succeeds("apply")
      try declare("health: {exec: [\"false\"]}", "2.0")
      try await add("apply", says: "another generation that is not healthy")
      try await add("apply", says: "the same again")
      try await add("apply", "--locked", says: "the same with the lockfile")
      try declare("health: {exec: [\"false\"]}\nonChange: [{exec: [\"false\"]}]", "2.0")
      try await add("apply", says: "another manifest, and a hook that fails before and afterwards")
      try await scenario.succeeds("rollback", "--to", "3")
      try await scenario.succeeds("resume")
      try Files.remove(scenario.state.generation("demo", 1))
      try await add("rollback", says: "nothing but what failed to go back to")
      // The third one is in use, and loses a link.
      try Files.remove("\(scenario.state.generation("demo", 3))/links/alpha")
      try await add("apply", says: "nothing whole to go back to")
      try scenario.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {}\n", to: "host.yaml")
      try await add("apply", "--host-policy", "host.yaml", says: "a host's file without hooks")
      try scenario.write("apiVersion: pinion/v1\nkind: HostPolicy\nspec: {hooks: deny}\n", to: "host.yaml")
      try await add("apply", "--host-policy", "host.yaml", says: "a host's file that denies them")
      for (name, port) in ports { text = text.replacing(":\(port)", with: ":\(name)") }
      text = text.replacing("process \(ended.filter(\.isNumber)) ", with: "process N ")
      text = text.replacing(/\(20[0-9T:-]+Z\)/, with: "(TIME)")
      try scenario.expectRecorded(text, named: "complaints-health")
    }
  }
}
