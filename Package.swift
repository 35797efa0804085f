// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules: Swift 6, explicit `any`, imports that say what they are for, no warnings.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "pinion",
  products: [
    .executable(name: "pinion", targets: ["pinion"]),
    .executable(name: "pinion-git", targets: ["pinion-git"]),
    .executable(name: "pinion-confine", targets: ["pinion-confine"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // C libraries: a module map and a shim each. Only the wrapper named beside each imports it.
    .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),  // Manifests
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),  // pinion-git
    .systemLibrary(name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),  // pinion-git
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),  // Installation
    .target(name: "CPlatform"),  // Platform
    .target(name: "CTOML"),  // Resolution; toml++ is headers alone (libtomlplusplus-dev)

    // What is decided: values and pure functions.
    .target(name: "Model", dependencies: [.product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),

    // What acts: files and processes, HTTP.
    .target(
      name: "Platform",
      dependencies: [
        "Model", "CPlatform",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "Network",
      dependencies: [
        "Model", "Platform",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: strict),

    // The four in the middle. They do not import each other; `pinion` wires them together.
    .target(name: "Manifests", dependencies: ["Model", "Platform", "CYaml"], swiftSettings: strict),
    .target(name: "GitWire", swiftSettings: strict),
    .target(name: "Git", dependencies: ["Model", "Platform", "GitWire"], swiftSettings: strict),
    .executableTarget(name: "pinion-git", dependencies: ["GitWire", "CGit2", "CSSH2"], swiftSettings: strict),
    // In C and without Swift's runtime: it is started with every run of uv.
    .executableTarget(
      name: "pinion-confine",
      linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-executable"])]),
    .target(
      name: "Resolution",
      dependencies: [
        "Model", "Platform", "Network", "CTOML",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "Installation",
      dependencies: ["Model", "Platform", "CDeflate", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),

    .target(
      name: "Reconciliation", dependencies: ["Model", "Platform", "Manifests", "Git", "Resolution", "Installation"],
      swiftSettings: strict),
    .executableTarget(
      name: "pinion",
      dependencies: [
        "Model", "Platform", "Network", "Manifests", "Git", "Resolution", "Installation", "Reconciliation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    // Tests. TestSupport starts real servers, repositories and interpreters on loopback.
    .target(
      name: "TestSupport", dependencies: ["Model", "Platform"], path: "Tests/TestSupport",
      resources: [.copy("Resources")],
      swiftSettings: strict),
    .testTarget(
      name: "ModelTests", dependencies: ["Model", "TestSupport"], exclude: ["Snapshots"], swiftSettings: strict),
    .testTarget(
      name: "PlatformTests", dependencies: ["Platform", "Model", "TestSupport"], exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "ManifestsTests", dependencies: ["Manifests", "Model", "Platform", "TestSupport"],
      exclude: ["Snapshots", "Fixtures/pip-names.json"], swiftSettings: strict),
    .testTarget(
      name: "GitTests", dependencies: ["Git", "GitWire", "pinion-git", "Model", "Platform", "TestSupport"],
      exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "ResolutionTests", dependencies: ["Resolution", "Network", "Model", "Platform", "TestSupport"],
      exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "InstallationTests", dependencies: ["Installation", "Model", "Platform", "TestSupport"],
      exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "ReconciliationTests",
      dependencies: [
        "Reconciliation", "Model", "Platform", "Network", "Manifests", "Git", "Resolution", "Installation",
        "TestSupport",
      ],
      exclude: ["Scenarios"], swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Model", "Platform", "TestSupport"], exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
