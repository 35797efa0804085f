internal import Model
internal import TestSupport

extension HostileWheel {
  static let paths: [HostileWheel] = [
    .file("parent", "a path with `..`", "../../../../../escaped-parent.py", effects: escaped("escaped-parent.py")),
    .file("parent-inside", "a path with `..` that ends inside", "bad/../other.py"),
    HostileWheel(
      "absolute", "an absolute path", .refused("is no path within"), effects: escaped("escaped-absolute.py")
    ) { wheel, scratch in wheel.files["\(scratch)/escaped-absolute.py"] = "x\n" },
    .file("backslash", "a path with a backslash", "..\\escaped-backslash.py", effects: escaped("escaped-backslash.py")),
    .file("drive", "a path with a drive letter", "C:/escaped-drive.py"),
    .file("nul", "a path with a NUL", "bad/a.py\0.txt"),
    .file("empty-part", "a path with an empty part", "bad//a.py"),
    .file("dot-part", "a path with `.`", "./bad/a.py"),
    .entries(
      "link", "a symbolic link", .refused("symbolic link"),
      effects: [Effect(words: "makes the link", kind: .link, path: "SITE/bad/link")]
    ) { entries in entries.append(ZipFixture.Entry("bad/link", Array("/etc/hostname".utf8), mode: 0o120777)) },
    .entries(
      "link-through", "a symbolic link, and a file behind it", .refused("symbolic link"),
      effects: escaped("escaped-link.py")
    ) { entries in
      entries.append(ZipFixture.Entry("bad/up", Array("../../../..".utf8), mode: 0o120777))
      entries.append(ZipFixture.Entry("bad/up/escaped-link.py", Array("x\n".utf8)))
    },
    .entries("fifo", "a named pipe", .refused("neither a file nor")) { $0[2].mode = 0o010644 },
  ]

  static let names: [HostileWheel] = [
    .entries("twice", "one name twice", .refused("is in it twice")) { entries in
      var second = entries[2]
      second.bytes = Array("x = 2\n".utf8)
      entries.append(second)
    },
    .file("case", "names that differ in case alone", "bad/__INIT__.py", .refused("are one name where case")),
    HostileWheel("unicode", "names that differ in Unicode's normal form alone", .refused("are one name where case")) {
      wheel, _ in
      wheel.files["bad/caf\u{e9}.py"] = "x\n"
      wheel.editEntries = { $0 + [ZipFixture.Entry("bad/cafe\u{301}.py", Array("y\n".utf8))] }
    },
    .entries("file-directory", "a name that is a file and a directory", .refused("is a file and a directory")) {
      $0.append(ZipFixture.Entry("bad", []))
    },
    .entries("not-text", "a name that is no UTF-8", .refused("not UTF-8")) { entries in
      var entry = ZipFixture.Entry("bad/x.py", [])
      entry.nameBytes = Array("bad/".utf8) + [0xff] + Array(".py".utf8)
      entries.append(entry)
    },
    .entries("unmarked", "a name that readers take for two", .refused("is not marked as UTF-8")) { entries in
      var entry = ZipFixture.Entry("bad/caf\u{e9}.py", [])
      entry.flags = 0
      entries.append(entry)
    },
    .entries("second-name", "a second name in an extra field", .refused("has a second name")) { entries in
      let name = Array("bad/other.py".utf8)
      entries[2].localExtra = [0x75, 0x70] + ZipFixture.number(5 + name.count, 2) + [1, 0, 0, 0, 0] + name
    },
  ]

  static let archives: [HostileWheel] = [
    .entries("local-name", "two headers with different names", .refused("contradict each other")) {
      $0[2].localName = "bad/__init__.pY"
    },
    .entries("local-size", "two headers with different sizes", .refused("contradict each other")) {
      $0[2].localSize = 3
    },
    .entries("local-method", "two headers with different methods", .refused("contradict each other")) {
      $0[2].localMethod = 8
    },
    .entries("overlap", "members that overlap", .refused("overlap in it")) { entries in
      var inner = ZipFixture.Entry("inner.py", [120])
      entries.insert(ZipFixture.Entry("outer.bin", ZipFixture.archive([inner])), at: 0)
      inner.offset = 30 + "outer.bin".utf8.count
      entries.append(inner)
    },
    .archive("prefix", "bytes before the first member", .refused("bytes before its first file")) { bytes, end in
      let shift = 40
      var place = directory(bytes, end)
      while bytes[place..<(place + 4)].elementsEqual([0x50, 0x4b, 1, 2]) {
        write(&bytes, at: place + 42, read(bytes, at: place + 42, 4) + shift, 4)
        place += 46 + read(bytes, at: place + 28, 2) + read(bytes, at: place + 30, 2)
      }
      write(&bytes, at: end + 16, read(bytes, at: end + 16, 4) + shift, 4)
      bytes.insert(contentsOf: [UInt8](repeating: 0x23, count: shift), at: 0)
    },
    .entries("between", "bytes between two members", .refused("that belong to no file")) {
      $0[2].tail = Array("hidden".utf8)
    },
    .archive("trailing", "bytes behind the end", .refused("bytes behind its end")) { bytes, _ in
      bytes += Array("and more".utf8)
    },
    .archive("two-ends", "two end records", .refused("two ends")) { bytes, end in
      let record = Array(bytes[end...])
      write(&bytes, at: end + 20, record.count, 2)
      bytes += record
    },
    .archive("hidden-entry", "an entry that the count leaves out", .refused("belong to no entry")) { bytes, end in
      for place in [end + 8, end + 10] { write(&bytes, at: place, read(bytes, at: place, 2) - 1, 2) }
    },
    .entries("zip64-extra", "a zip64 field with sizes that nobody asks for", .refused("says more than it is asked")) {
      $0[2].extra = [1, 0, 16, 0] + ZipFixture.number(1, 8) + ZipFixture.number(1, 8)
    },
    .archive("zip64-end", "zip64 records that contradict the end", .refused("zip64 records contradict")) { bytes, end in
      var record = [0x50, 0x4b, 6, 6] + ZipFixture.number(44, 8) + ZipFixture.number(45, 2) + ZipFixture.number(45, 2)
      record += ZipFixture.number(0, 8) + ZipFixture.number(1, 8) + ZipFixture.number(1, 8)
      record += ZipFixture.number(46, 8) + ZipFixture.number(0, 8)
      let locator = [0x50, 0x4b, 6, 7] + ZipFixture.number(0, 4) + ZipFixture.number(end, 8) + ZipFixture.number(1, 4)
      bytes.insert(contentsOf: record + locator, at: end)
    },
    .archive("parts", "one of several parts", .refused("one of several parts")) { bytes, end in bytes[end + 4] = 1 },
    .entries("encrypted", "an encrypted member", .refused("is encrypted")) { $0[2].flags |= 1 },
    .entries("method", "a method that wheels do not know", .refused("packed with method 12")) { $0[2].method = 12 },
    .entries("checksum", "a checksum that is not so", .refused("does not have the CRC-32")) { $0[2].crc = 7 },
    .entries("descriptor", "sizes behind the data that contradict the headers", .refused("contradicts its headers")) {
      $0[2].flags |= 8
      $0[2].tail = [0x50, 0x4b, 7, 8] + ZipFixture.number(1, 4) + ZipFixture.number(2, 4) + ZipFixture.number(3, 4)
    },
  ]

  static let bombs: [HostileWheel] = [
    HostileWheel(
      "bomb", "73 MiB in 75 KB", .refused("more than 200 times"),
      effects: [Effect(words: "unpacks it", kind: .changed, path: "SITE/bad/zeros.bin")]
    ) { wheel, _ in
      wheel.editRecord = { $0 + ["bad/zeros.bin,\(DeflatedZeros.record),\(DeflatedZeros.size)"] }
      wheel.editEntries = { entries in
        var entry = ZipFixture.Entry("bad/zeros.bin", DeflatedZeros.stream)
        entry.method = 8
        entry.size = DeflatedZeros.size
        entry.crc = DeflatedZeros.crc
        return entries + [entry]
      }
    },
    .entries("huge", "headers that state 12 GiB", .refused("more than 8GiB")) { entries in
      for index in 0..<3 {
        var entry = ZipFixture.Entry("bad/huge\(index)", [3, 0])
        entry.method = 8
        entry.size = 0xffff_fffe
        entries.append(entry)
      }
    },
  ]

  // MARK: bytes

  static func read(_ bytes: [UInt8], at place: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << ($1 * 8) }
  }

  static func write(_ bytes: inout [UInt8], at place: Int, _ value: Int, _ count: Int) {
    bytes.replaceSubrange(place..<(place + count), with: ZipFixture.number(value, count))
  }

  static func directory(_ bytes: [UInt8], _ end: Int) -> Int { read(bytes, at: end + 16, 4) }
}
