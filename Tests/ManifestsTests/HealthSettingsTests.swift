import Manifests
import Model
import Testing

/// `health` and `onChange`, as they are read.
@Suite struct HealthSettingsTests {
  private func read(_ spec: String, _ files: [String: String] = [:], variables: [String: String] = [:]) throws
    -> (environment: DesiredEnvironment, fixture: ManifestFixture, warnings: [Diagnostic])
  {
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(spec)].merging(files) { $1 })
    fixture.variables = variables
    let loaded = try fixture.load("pinion.yaml")
    return (try #require(loaded.environments.first), fixture, loaded.warnings)
  }

  @Test func everythingIsRead() throws {
    let (environment, fixture, warnings) = try read(
      """
      health:
        exec: [scripts/check, "${WORD}", $HOME, "$${HOME}"]
        http: {url: "https://user:${API_TOKEN}@a.example.com:8443/x/${PART}?y=1#z", status: "204", contains: 5}
        tcp: "[::1]:5432"
        pidFile: run/app.pid
        within: 1m30s
        every: 500ms
        timeout: 3s
        successes: 2
      onChange:
      - {exec: [systemd-notify, --ready]}
      - {signal: USR1, pidFile: /run/app.pid, timeout: 1s}
      - {systemctl: try-restart, unit: app@1.service}
      - {http: "${HOOK}"}
      """,
      variables: [
        "WORD": "a b", "API_TOKEN": "s3cr3t-value", "PART": "part",
        "HOOK": "https://hooks.example.com/T0/B0/secret-path",
      ])
    let health = try #require(environment.health)
    #expect(health.probes.count == 4)
    #expect(health.probes[0] == .exec(["\(fixture.directory)/scripts/check", "a b", "$HOME", "${HOME}"]))
    guard case .http(let url, status: 204, contains: "5") = health.probes[1] else {
      Issue.record("\(health.probes[1])")
      return
    }
    #expect("\(url)" == "https://a.example.com:8443/x/part?y=1")
    #expect(try url.userInfo?.resolved(with: Variables(fixture.variables)).password == "s3cr3t-value")
    #expect(health.probes[2] == .tcp(host: "::1", port: 5432))
    #expect(health.probes[3] == .pidFile("\(fixture.directory)/run/app.pid"))
    #expect((health.within, health.every, health.timeout) == (90, 0.5, 3) && health.successes == 2)
    #expect(
      environment.onChange.dropLast().map(\.action) == [
        .exec(["systemd-notify", "--ready"]), .signal(.USR1, pidFile: "/run/app.pid"),
        .systemctl(.tryRestart, unit: "app@1.service"),
      ])
    #expect(environment.onChange.map(\.timeout) == [30, 1, 30, 30])
    #expect(environment.onChange.map(\.location.line) == [15, 16, 17, 18])
    // A URL that comes whole out of a variable is a secret as a whole.
    #expect(fixture.secrets.redact("\(environment.onChange[3])") == "POST ****")
    #expect(fixture.secrets.redact(health.summary) == health.summary && !health.summary.contains("s3cr3t-value"))
    #expect(warnings.isEmpty)
  }

  @Test func thereAreDefaults() throws {
    let health = try #require(try read("health: {http: \"http://localhost:8080\"}").environment.health)
    #expect((health.within, health.every, health.timeout) == (60, 2, 10) && health.successes == 1)
    #expect(!health.runsCommands && health.summary == "GET http://localhost:8080 within 60 s, every 2 s")
    let none = try read("health:\nonChange:").environment
    #expect(none.health == nil && none.onChange.isEmpty)
  }

  @Test func includedHooksJoinAndTheIncludingFilesHealthHolds() throws {
    let other = moduleSet("health: {tcp: \"a:1\"}\nonChange: [{exec: [second]}]", name: "other")
    let third = moduleSet("health: {tcp: \"a:2\"}", name: "third")
    let include = "include: [other.yaml, third.yaml]"
    let files = ["other.yaml": other, "third.yaml": third]
    let own = try read("\(include)\nhealth: {tcp: \"b:1\"}\nonChange: [{exec: [first]}]", files).environment
    #expect(own.health?.probes == [.tcp(host: "b", port: 1)])
    #expect(own.onChange.map(\.description) == ["first", "second"])
    let fixture = try ManifestFixture(["pinion.yaml": moduleSet(include)].merging(files) { $1 })
    #expect(fixture.complaints("pinion.yaml").contains("two included files disagree about `health`"))
    let alone = try read("include: [other.yaml]", files).environment
    #expect(alone.health?.probes == [.tcp(host: "a", port: 1)])
  }

  @Test func credentialsInTheClearAreWarnedOf() throws {
    let spec =
      "health: {http: \"http://u:${P_WORD}@a.example.com\"}\nonChange: [{http: \"http://${P_WORD}@b.example.com\"}]"
    let warnings = try read(spec, variables: ["P_WORD": "s3cr3t-value"]).warnings
    #expect(
      warnings.map(\.message) == [
        "credentials for a.example.com go over plain http", "credentials for b.example.com go over plain http",
      ])
  }

  @Test func aVariableGoesWhereTheHostLetsIt() throws {
    let fixture = try ManifestFixture([
      "pinion.yaml": moduleSet("onChange: [{http: \"https://${HOOK_TOKEN}@b.example.com/x\"}]"),
      "host.yaml":
        "apiVersion: pinion/v1\nkind: HostPolicy\nspec: {hooks: allow, variables: [{match: HOOK_TOKEN, hosts: [a.example.com]}]}\n",
    ])
    fixture.variables = ["HOOK_TOKEN": "s3cr3t-value"]
    try fixture.takeHost("host.yaml")
    #expect(fixture.complaints("pinion.yaml").contains("HOOK_TOKEN may go to a.example.com alone"))
  }
}
