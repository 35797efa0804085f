internal import Glibc
internal import Model
internal import Network
internal import Platform

/// Installs the pinned uv out of its wheel, checked against a hash that is part of Pinion.
struct UvInstaller {
  /// The wheels of the pinned version. An update changes version, names and hashes together.
  static let version = "0.13.9"
  static let wheels: [(machine: String, isMusl: Bool, name: String, sha256: String)] = [
    (
      "x86_64", false, "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19"
    ),
    (
      "x86_64", true, "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
      "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25"
    ),
    (
      "aarch64", false, "uv-0.13.9-py3-none-manylinux_2_28_aarch64.whl",
      "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375"
    ),
    (
      "aarch64", true, "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
      "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe"
    ),
  ]

  var state: StateDirectory
  var client: WebClient
  var indexes: [PackageIndex]
  var variables: Variables
  var wheelReading: any WheelReading
  /// What it is installed for, as uname(2) calls it.
  var machine = UvInstaller.thisMachine()

  /// Writes the program to `path`. Throws `resolverAbsent` when this machine or the indexes have no such wheel.
  func install(to path: String, because reason: String?) async throws {
    let isMusl = Files.exists("/lib/ld-musl-\(machine).so.1") && !Files.exists("/lib64/ld-linux-x86-64.so.2")
    guard let wheel = UvInstaller.wheels.first(where: { $0.machine == machine && $0.isMusl == isMusl }) else {
      throw absent(reason ?? "Pinion knows no uv for \(machine)")
    }
    guard !indexes.isEmpty else {
      throw absent(reason ?? "it is not on PATH, and no package index is configured to install it from")
    }
    guard let (url, index) = try await locate(wheel.name) else {
      throw absent(reason ?? "it is not on PATH, and the package index has no \(wheel.name)")
    }
    let area = try StagingArea.make(in: state.staging)
    defer { try? area.remove() }
    let archive = "\(area.path)/\(wheel.name)"
    let credentials = IndexCredentials(indexes: [index], variables: variables)
    let downloader = WebDownloader(client: client) { try credentials.credentials(for: $0) }
    try await downloader.download(
      LockedFile(name: wheel.name, url: url, size: nil, sha256: wheel.sha256), to: archive, progress: { _ in })
    let program = "\(area.path)/uv"
    try wheelReading.extract("uv-\(UvInstaller.version).data/scripts/uv", fromWheel: archive, to: program)
    try Files.makeDirectory(path.parentPath)
    try Files.rename(program, to: path)
  }

  private func locate(_ fileName: String) async throws -> (url: String, index: PackageIndex)? {
    for index in indexes {
      let url = "\(index.url)/uv/"
      let document = try await client.getAll(
        url, headers: [("accept", "application/vnd.pypi.simple.v1+json, text/html;q=0.1")],
        credentials: try IndexCredentials(indexes: [index], variables: variables).credentials(of: index))
      guard document.status == 200 else { continue }
      let isJSON = document.contentType?.contains("json") == true
      let page = isJSON ? SimplePage.json(document.bytes) : SimplePage.html(document.bytes, name: "uv")
      if let file = page?.files.first(where: { $0.filename == fileName }) {
        return (LoopbackAddress.absolute(file.url, on: url), index)
      }
    }
    return nil
  }

  private func absent(_ reason: String) -> Failure {
    Failure(
      .resolverAbsent, "the resolver uv is needed and not to be had", because: reason,
      hint: "install uv \(Uv.minimumVersion) or later so that it is on PATH, or name a package index that has it")
  }

  private static func thisMachine() -> String {
    var system = utsname()
    uname(&system)
    return withUnsafePointer(to: &system.machine) {
      $0.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
    }
  }
}
