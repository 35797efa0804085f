import Model

@testable import Manifests

/// Any bytes as a manifest: parsed, judged, and complained of. Whatever they are, there is an answer, and it shows no secret.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let file = ManifestFile(name: "fuzz.yaml", directory: "/srv/fuzz", bytes: bytes)
  let documents: [YamlDocument]
  do throws(YamlProblem) {
    documents = try YamlDocument.parse(bytes)
  } catch {
    check(
      Diagnostic(.manifestSyntax, error.message, at: file.place(error.mark), because: error.cause, hint: error.hint))
    return 0
  }
  let secrets = SecretRegistry()
  let variables = Variables(["TOKEN": planted, "HOST": "git.example.com", "EMPTY": ""])
  for document in documents {
    for grants in [nil, HostGrants(policy: strictHost)] {
      let reader = ManifestReader(file: file, variables: variables, secrets: secrets, grants: grants)
      reader.take(document.mistakes)
      // Not only what it seems to be: each reader takes anything.
      let declarations = [reader.moduleSet(document.root), reader.vconServer(document.root)]
      _ = reader.hostPolicy(document.root)
      for case let declaration? in declarations {
        let merged = SettingsMerge(declaration, with: declarations.compactMap(\.self), host: nil)
        var environment = merged.environment
        declaration.reader.readModules(of: declaration, into: &environment)
        merged.complaints.forEach(check)
        environment.policy.breaches(of: environment).forEach(check)
        InsecureTransport.warnings(environment).forEach(check)
        _ = try? ResolutionInputs(environment).digest
      }
      for diagnostic in reader.errors + reader.allWarnings { check(diagnostic, secrets) }
    }
  }
  return 0
}

/// The value of `TOKEN`. No text that libFuzzer makes up holds it by chance.
private let planted = "pl4nted-s3cr3t-of-the-fuzzer"

private let strictHost: HostPolicy = {
  let place = Model.SourceLocation(file: "host.yaml", line: 1, column: 1)
  var host = HostPolicy(file: "host.yaml")
  host.variables = [Grant(match: Glob("H*"), hosts: [Glob("*.example.com")], location: place)]
  host.credentialFiles = [Grant(match: Glob("/run/*"), hosts: nil, location: place)]
  return host
}()

private func check(_ diagnostic: Diagnostic) { check(diagnostic, SecretRegistry()) }

private func check(_ diagnostic: Diagnostic, _ secrets: SecretRegistry) {
  var texts = [diagnostic.message, diagnostic.cause ?? "", diagnostic.hint ?? ""].map(secrets.redact)
  if case .source(let location, let excerpt) = diagnostic.place {
    precondition(location.line >= 1 && location.column >= 1, "a place before the beginning: \(location)")
    texts.append(excerpt ?? "")
    precondition((excerpt ?? "").unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\t" }, "a control character")
  }
  for text in texts { precondition(!text.contains(planted), "a secret is shown: \(diagnostic)") }
}
