/// What a shared library asks of the dynamic linker: the libraries that it needs and where it says they are.
///
/// Source: System V ABI, chapter 5 (program header, dynamic section); ld.so(8) for `$ORIGIN`.
struct ELFDynamics: Equatable {
  /// The names of the libraries that it needs, in order.
  var needed: [String] = []
  /// The directories of DT_RUNPATH, or of DT_RPATH where there is no DT_RUNPATH, as they are written.
  var searchPath: [String] = []
}

extension ELFDynamics {
  /// Program headers of type PT_LOAD and PT_DYNAMIC.
  private struct Segment {
    var type: Int
    var offset: Int
    var address: Int
    var size: Int
  }

  /// No honest file has more of them.
  private static let limits = (headers: 4096, dynamic: 1 << 20, text: 1 << 16)

  /// Reads a file; `read` gives up to so many bytes from an offset on. Nil for what is no ELF file, is cut short, or has no
  /// dynamic section.
  init?(read: (_ offset: Int, _ count: Int) -> [UInt8]) {
    let head = read(0, 64)
    guard head.count >= 52, head[0..<4].elementsEqual([0x7f, 0x45, 0x4c, 0x46]), head[4] == 1 || head[4] == 2,
      head[5] == 1 || head[5] == 2
    else { return nil }
    let isWide = head[4] == 2
    let isLittle = head[5] == 1
    let word = isWide ? 8 : 4
    func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, offset + count <= bytes.count else { return nil }
      let part = bytes[offset..<(offset + count)]
      let value = (isLittle ? Array(part.reversed()) : Array(part)).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int(exactly: value)
    }
    guard let place = number(head, isWide ? 32 : 28, word), let size = number(head, isWide ? 54 : 42, 2),
      let count = number(head, isWide ? 56 : 44, 2), size >= (isWide ? 56 : 32), count <= Self.limits.headers
    else { return nil }
    let table = read(place, size * count)
    var segments: [Segment] = []
    for index in 0..<count {
      let start = index * size
      guard let type = number(table, start, 4), let offset = number(table, start + (isWide ? 8 : 4), word),
        let address = number(table, start + (isWide ? 16 : 8), word),
        let length = number(table, start + (isWide ? 32 : 16), word)
      else { return nil }
      if type == 1 || type == 2 { segments.append(Segment(type: type, offset: offset, address: address, size: length)) }
    }
    guard let dynamic = segments.first(where: { $0.type == 2 }), dynamic.size <= Self.limits.dynamic else { return nil }
    let entries = read(dynamic.offset, dynamic.size)
    var texts: (needed: [Int], run: [Int], old: [Int], table: Int?) = ([], [], [], nil)
    for start in stride(from: 0, through: entries.count - 2 * word, by: 2 * word) {
      guard let tag = number(entries, start, word), let value = number(entries, start + word, word) else { continue }
      switch tag {
      case 1: texts.needed.append(value)
      case 5: texts.table = value
      case 15: texts.old.append(value)
      case 29: texts.run.append(value)
      default: break
      }
      if tag == 0 { break }
    }
    guard let address = texts.table,
      let home = segments.first(where: {
        $0.type == 1 && $0.address <= address && address - $0.address < $0.size
      })
    else { return nil }
    let base = home.offset + (address - home.address)
    func text(_ offset: Int) -> String {
      let (start, isOverflow) = base.addingReportingOverflow(offset)
      guard !isOverflow else { return "" }
      return String(decoding: read(start, Self.limits.text).prefix { $0 != 0 }, as: UTF8.self)
    }
    needed = texts.needed.map(text)
    searchPath = (texts.run.isEmpty ? texts.old : texts.run).flatMap {
      text($0).split(separator: ":").map(String.init)
    }
  }
}

/// Which files of other distributions the libraries of one distribution look for beside themselves.
enum OriginReach {
  /// Paths relative to the tree: a library at `a/_x.so` that needs `liby.so` and says `$ORIGIN/../y.libs` reaches for
  /// `y.libs/liby.so`. What the distribution has itself is left out, and so is what a library looks for in its own directory or
  /// below: that is found through any links. Sorted.
  static func paths(of files: [String], read: (String) -> ELFDynamics?) -> [String] {
    let own = Set(files)
    var found: Set<String> = []
    for file in files where isLibrary(file) {
      guard let dynamics = read(file) else { continue }
      let directories = dynamics.searchPath.compactMap { directory($0, of: file) }
      for name in dynamics.needed where !name.contains("/") {
        let places = directories.map { $0.path.isEmpty ? name : "\($0.path)/\(name)" }
        guard !places.contains(where: own.contains) else { continue }
        for (place, directory) in zip(places, directories) where directory.leaves { found.insert(place) }
      }
    }
    return found.sorted()
  }

  private static func isLibrary(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return name.hasSuffix(".so") || name.contains(".so.")
  }

  /// The directory that an entry of the search path means within the tree, and whether the way there leaves the library's own;
  /// nil where it does not begin at the library, or leaves the tree.
  private static func directory(_ entry: String, of file: String) -> (path: String, leaves: Bool)? {
    guard let origin = ["$ORIGIN", "${ORIGIN}"].first(where: entry.hasPrefix) else { return nil }
    let rest = entry.dropFirst(origin.count)
    guard rest.isEmpty || rest.hasPrefix("/"), !rest.contains("$") else { return nil }
    var parts = file.split(separator: "/").dropLast().map(String.init)
    var leaves = false
    for part in rest.split(separator: "/") where part != "." {
      if part == ".." {
        guard parts.popLast() != nil else { return nil }
        leaves = true
      } else {
        parts.append(String(part))
      }
    }
    return (parts.joined(separator: "/"), leaves)
  }
}
