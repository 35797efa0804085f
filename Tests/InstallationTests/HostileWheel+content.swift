internal import Glibc
internal import Installation
internal import Model
internal import Platform
internal import TestSupport

extension HostileWheel {
  static let metadata: [HostileWheel] = [
    HostileWheel("other-name", "METADATA with another name", .refused("its METADATA says good 1.0")) { wheel, _ in
      wheel.metadata["METADATA"] = "Metadata-Version: 2.1\nName: good\nVersion: 1.0\n"
    },
    HostileWheel("other-version", "METADATA with another version", .refused("its METADATA says bad 2")) { wheel, _ in
      wheel.metadata["METADATA"] = "Metadata-Version: 2.1\nName: bad\nVersion: 2\n"
    },
    HostileWheel("newer-major", "Wheel-Version 2.0", .refused("Wheel-Version '2.0'")) { wheel, _ in
      wheel.metadata["WHEEL"] = "Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    },
    .entries("no-wheel", "no WHEEL", .refused("has no bad-1.0.dist-info/WHEEL")) {
      $0.removeAll { $0.name.hasSuffix("/WHEEL") }
    },
    .entries("no-record", "no RECORD", .refused("has no bad-1.0.dist-info/RECORD")) {
      $0.removeAll { $0.name.hasSuffix("/RECORD") }
    },
    .file(
      "two-dist-infos", "two dist-info directories", "other-1.0.dist-info/METADATA", .refused("it has several"),
      "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"),
    .entries("foreign-dist-info", "another distribution's dist-info", .refused("name different distributions")) { all in
      for index in all.indices { all[index].name = all[index].name.replacing("bad-1.0.dist", with: "good-1.0.dist") }
    },
    .file(
      "smuggled-dist-info", "a dist-info of another distribution below purelib",
      "bad-1.0.data/purelib/other-1.0.dist-info/METADATA", .refused("would pass for a distribution"),
      "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n",
      effects: [
        Effect(words: "`other` seems installed", kind: .changed, path: "SITE/other-1.0.dist-info/METADATA")
      ]),
  ]

  static let records: [HostileWheel] = [
    HostileWheel("unlisted", "a file that RECORD does not list", .refused("is not listed in its RECORD")) { wheel, _ in
      wheel.files["bad/more.py"] = "x\n"
      wheel.editRecord = { $0.filter { !$0.hasPrefix("bad/more.py") } }
    },
    .entries("other-hash", "a file with another hash than in RECORD", .refused("not have the hash")) {
      $0[2].bytes[0] = 0x79
    },
    .entries("other-size", "a file with another size than in RECORD", .refused("not have the size")) {
      $0[2].bytes += [10]
    },
    HostileWheel("absent", "a line of RECORD without a file", .refused("which is not in it")) { wheel, _ in
      wheel.editRecord = { $0 + ["bad/gone.py,sha256=\(WheelFixture.base64([])),0"] }
    },
    HostileWheel("weak-hash", "a hash by MD5", .refused("no hash of the kinds")) { wheel, _ in
      wheel.editRecord = { lines in
        lines.map { $0.hasPrefix("bad/") ? "bad/__init__.py,md5=qqqqqqqqqqqqqqqqqqqqqg,6" : $0 }
      }
    },
    HostileWheel("no-hash", "a file without a hash", .refused("no hash for")) { wheel, _ in
      wheel.editRecord = { $0.map { $0.hasPrefix("bad/") ? "bad/__init__.py,," : $0 } }
    },
    HostileWheel("record-path", "a path with `..` in RECORD", .refused("cannot be read")) { wheel, _ in
      wheel.editRecord = { $0 + ["../../../../../home/precious.txt,sha256=\(WheelFixture.base64([])),0"] }
    },
    HostileWheel("record-twice", "two lines of RECORD for one file", .refused("twice")) { wheel, _ in
      wheel.editRecord = { $0 + [$0[0]] }
    },
  ]

  static let schemes: [HostileWheel] = [
    .file("scheme", "a `.data` scheme that does not exist", "bad-1.0.data/etc/x", .refused("unknown scheme")),
    .file(
      "foreign-data", "a `.data` directory of another distribution", "other-1.0.data/scripts/tool",
      .refused("of another"),
      "#!python\n", effects: [Effect(words: "installs its command", kind: .changed, path: "BIN/tool")]),
    .file(
      "data-python", "data that replaces `bin/python`", "bad-1.0.data/data/bin/python",
      .refused("the environment's own"),
      "#!/bin/sh\n", effects: [Effect(words: "replaces `bin/python`", kind: .changed, path: "BIN/python")]),
    .file(
      "data-venv", "data that replaces `pyvenv.cfg`", "bad-1.0.data/data/pyvenv.cfg", .refused("what the environment"),
      "home = /\n", effects: [Effect(words: "replaces it", kind: .changed, path: "ENV/pyvenv.cfg")]),
    .file(
      "data-site", "data among another distribution's packages",
      "bad-1.0.data/data/lib/python3/site-packages/other/x.py", .refused("what the environment"),
      effects: [Effect(words: "writes there", kind: .changed, path: "ENV/lib/python3/site-packages/other/x.py")]),
    .file(
      "scheme-twice", "two files that go to one place", "bad-1.0.data/purelib/bad/__init__.py",
      .refused("two files of it"),
      "x = 2\n", effects: [Effect(words: "one of them wins", kind: .changed, path: "SITE/bad/__init__.py")]),
  ]

  static let commands: [HostileWheel] = [
    .file(
      "script-python", "a script called `python`", "bad-1.0.data/scripts/python", .refused("the environment's own"),
      "#!/bin/sh\n", effects: [Effect(words: "replaces `bin/python`", kind: .changed, path: "BIN/python")]),
    command(
      "command-python", "an entry point called `python3`", "python3 = bad:main", "the environment's own", "BIN/python3"),
    command(
      "command-minor", "an entry point called `python3.11`", "python3.11 = bad:main", "the environment's own",
      "BIN/python3.11"),
    command(
      "command-activate", "an entry point called `activate`", "activate = bad:main", "the environment's own",
      "BIN/activate"),
    command("command-pip", "an entry point called `pip`", "pip = bad:main", "the place of pip's", "BIN/pip"),
    HostileWheel(
      "command-path", "an entry point whose name is a path", .refused("no name for a command"),
      effects: escaped("escaped-command")
    ) { wheel, _ in wheel.commands = ["../../escaped-command = bad:main"] },
    HostileWheel(
      "command-code", "an entry point with code in its reference", .refused("does not name a function"),
      effects: [Effect(words: "writes the code into the command", kind: .content, path: "BIN/tool", text: "os.system")]
    ) { wheel, _ in wheel.commands = ["tool = bad:main;import os;os.system('true')"] },
    HostileWheel(
      "command-shell", "a script whose name is shell code", .refused("no name for a command"),
      effects: [Effect(words: "installs it", kind: .changed, path: "BIN/$(true)")]
    ) { wheel, _ in wheel.files["bad-1.0.data/scripts/$(true)"] = "#!python\n" },
  ]

  private static func command(
    _ id: String, _ title: String, _ line: String, _ words: String, _ path: String
  ) -> HostileWheel {
    HostileWheel(
      id, title, .refused(words), effects: [Effect(words: "installs it", kind: .changed, path: path)]
    ) { wheel, _ in wheel.commands = [line] }
  }

  static let handled: [HostileWheel] = [
    HostileWheel(
      "newer-minor", "Wheel-Version 1.9",
      .handled("installed, with a warning") {
        $0.warnings.contains { $0.cause?.contains("Wheel-Version '1.9'") == true }
      }
    ) { wheel, _ in wheel.metadata["WHEEL"] = "Wheel-Version: 1.9\nRoot-Is-Purelib: true\nTag: py3-none-any\n" },
    HostileWheel(
      "other-tag", "WHEEL with other tags than the file name",
      .handled("installed, with a warning") {
        $0.warnings.contains { $0.cause?.contains("its WHEEL is for cp27") == true }
      }
    ) { wheel, _ in wheel.metadata["WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp27-cp27m-win32\n" },
    .entries(
      "set-user-id", "a set-user-id program that everybody may write to",
      .handled("installed without those rights") { try mode("\($0.entry)/tree/bad/__init__.py") == 0o555 },
      effects: [Effect(words: "keeps such rights", kind: .mode, path: "SITE/bad/__init__.py")]
    ) { $0[2].mode = 0o106777 },
    .file(
      "bytecode", "bytecode that is not of its source", "bad/__pycache__/__init__.cpython-311.pyc",
      .handled("dropped") { !Files.exists("\($0.entry)/tree/bad/__pycache__/__init__.cpython-311.pyc") },
      effects: [
        Effect(words: "installs it", kind: .content, path: "SITE/bad/__pycache__/__init__.cpython-311.pyc", text: "x\n")
      ]),
    .file(
      "pth", "a `.pth` file that runs code at every start", "bad.pth",
      .handled("a warning; `policy.pth: deny` refuses it") { trial in
        trial.warnings.contains { $0.message.contains("'bad.pth', which runs code") }
      }, "import bad\n", effects: [Effect(words: "installs it", kind: .changed, path: "SITE/bad.pth")]),
    HostileWheel(
      "installer", "INSTALLER, REQUESTED and direct_url.json of its own",
      .handled("made anew") { trial in
        let site = "\(trial.home)/lib/python\(trial.bench.interpreter.minorVersion)/site-packages/bad-1.0.dist-info"
        return try Files.read("\(site)/INSTALLER") == Array("pinion\n".utf8)
          && !Files.exists("\(site)/direct_url.json") && !Files.exists("\(site)/REQUESTED")
      },
      effects: [
        Effect(
          words: "believes it", kind: .content, path: "SITE/bad-1.0.dist-info/direct_url.json", text: "lies.example")
      ]
    ) { wheel, _ in
      wheel.metadata["INSTALLER"] = "nobody\n"
      wheel.metadata["REQUESTED"] = ""
      wheel.metadata["direct_url.json"] = "{\"url\": \"https://lies.example.com/\", \"dir_info\": {}}\n"
    },
  ]

  static let together: [HostileWheel] = [
    HostileWheel(
      "same-file", "two distributions with one `tests/__init__.py`", .refused("their content differs"),
      effects: [
        Effect(words: "the second wins", kind: .content, path: "SITE/tests/__init__.py", text: "second"),
        Effect(words: "the first wins", kind: .content, path: "SITE/tests/__init__.py", text: "first"),
      ],
      together: [
        WheelFixture("one", files: ["one.py": "", "tests/__init__.py": "first\n"]),
        WheelFixture("two", files: ["two.py": "", "tests/__init__.py": "second\n"]),
      ]),
    HostileWheel(
      "other-package", "a distribution that replaces a module of another", .refused("their content differs"),
      effects: [Effect(words: "it does", kind: .content, path: "SITE/one/login.py", text: "stolen")],
      together: [
        WheelFixture("one", files: ["one/__init__.py": "", "one/login.py": "honest\n"]),
        WheelFixture("two", files: ["two.py": "", "one/login.py": "stolen\n"]),
      ]),
    HostileWheel(
      "file-over-directory", "a file where another has a directory", .refused("the other a directory"),
      together: [
        WheelFixture("one", files: ["one/__init__.py": "", "shared/a.py": ""]),
        WheelFixture("two", files: ["two.py": "", "shared": "x\n"]),
      ]),
    HostileWheel(
      "same-command", "two distributions with one command", .refused("they are different commands"),
      effects: [
        Effect(words: "the second wins", kind: .content, path: "BIN/run", text: "two"),
        Effect(words: "the first wins", kind: .content, path: "BIN/run", text: "one"),
      ],
      together: [
        WheelFixture("one", files: ["one.py": ""], commands: ["run = one:main"]),
        WheelFixture("two", files: ["two.py": ""], commands: ["run = two:main"]),
      ]),
  ]

  /// The mode of a file, as if the umask were 022.
  private static func mode(_ path: String) throws -> UInt32 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Files.failure("could not look at the file", path) }
    return UInt32(status.st_mode & 0o7777) | 0o555
  }
}
