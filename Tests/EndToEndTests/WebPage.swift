import Platform
import TestSupport
import Testing

/// What a server on loopback answers to a test.
enum WebPage {
  /// The text of a page; user info of the URL is sent along.
  static func text(_ url: String, in scenario: Scenario) async throws -> String {
    String(decoding: try await bytes(url, in: scenario), as: UTF8.self)
  }

  /// The bytes of a file.
  static func bytes(_ url: String, in scenario: Scenario) async throws -> [UInt8] {
    let program = """
      import base64, sys, urllib.request, urllib.parse
      parts = urllib.parse.urlsplit(sys.argv[1])
      user, _, host = parts.netloc.rpartition("@")
      request = urllib.request.Request(parts._replace(netloc=host).geturl())
      request.add_header("Accept", "application/vnd.pypi.simple.v1+json, */*;q=0.1")
      if user:
          request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
      with open(sys.argv[2], "wb") as target:
          target.write(urllib.request.urlopen(request).read())
      """
    let path = "\(scenario.directory)/answer"
    try await scenario.run(scenario.tools.plainPython, "-c", program, url, path)
    return try Files.read(path)
  }
}
