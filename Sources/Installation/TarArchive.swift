internal import Glibc
public import Model
internal import Platform

/// Tar archives of plain files: written so that the same content gives the same bytes, and read as strictly as they are written.
///
/// Source: POSIX.1-1988, ustar. Names of at most 100 bytes, files below 8 GiB; no time, owner or mode is kept.
public enum TarArchive {
  static let blockSize = 512
  /// Eleven octal digits.
  static let largestSize = 1 << 33 - 1

  /// The blocks' bytes that fill up a file of so many.
  static func padding(_ size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

  /// A file's header.
  static func header(_ name: String, size: Int) -> [UInt8] {
    func octal(_ value: Int, _ width: Int) -> [UInt8] {
      let digits = String(value, radix: 8)
      return Array((String(repeating: "0", count: width - 1 - digits.count) + digits).utf8) + [0]
    }
    func text(_ text: String, _ width: Int) -> [UInt8] {
      let bytes = Array(text.utf8)
      return bytes + [UInt8](repeating: 0, count: width - bytes.count)
    }
    var block = text(name, 100) + octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12)
    block += [UInt8](repeating: UInt8(ascii: " "), count: 8) + [UInt8(ascii: "0")] + text("", 100)
    block += text("ustar", 6) + Array("00".utf8) + text("", 247)
    let sum = block.reduce(0) { $0 + Int($1) }
    block.replaceSubrange(148..<156, with: octal(sum, 7) + [UInt8(ascii: " ")])
    return block
  }

  /// Why an archive cannot be read.
  public struct Problem: Error, Sendable, Equatable {
    /// One clause.
    public let reason: String
  }
}

/// Writes an archive, file by file.
public final class TarWriter {
  private let descriptor: Int32
  private let path: String

  /// Begins an archive where nothing is. Throws `io`.
  public init(_ path: String) throws(Failure) {
    self.path = path
    descriptor = FileCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Files.failure("could not write the file", path) }
  }

  deinit { close(descriptor) }

  /// Adds a file with these bytes. Names are the caller's own: at most 100 bytes.
  public func add(_ name: String, _ bytes: [UInt8]) throws(Failure) {
    let padding = [UInt8](repeating: 0, count: TarArchive.padding(bytes.count))
    try Files.writeAll(TarArchive.header(name, size: bytes.count) + bytes + padding, to: descriptor, path: path)
  }

  /// Adds a file's bytes. Throws `io`, and `bundleInvalid` for one of 8 GiB or more.
  public func add(_ name: String, contentOf file: String, size: Int) throws(Failure) {
    guard size <= TarArchive.largestSize else {
      throw Failure(
        .bundleInvalid, "\(file.lastPathComponent) is too large for a bundle", at: .path(file),
        because: "it has \(size) bytes, and files of a tar archive have less than 8 GiB",
        hint: "bring that wheel to the other host by itself, in a directory that `find-links` names")
    }
    try Files.writeAll(TarArchive.header(name, size: size), to: descriptor, path: path)
    var offset = 0
    while offset < size {
      let chunk = try Files.read(file, from: offset, count: min(1 << 20, size - offset))
      guard !chunk.isEmpty else {
        throw Failure(.io, "could not read the file", at: .path(file), because: "it became shorter meanwhile")
      }
      try Files.writeAll(chunk, to: descriptor, path: path)
      offset += chunk.count
    }
    try Files.writeAll([UInt8](repeating: 0, count: TarArchive.padding(size)), to: descriptor, path: path)
  }

  /// Ends the archive, and writes it out to the disk.
  public func finish() throws(Failure) {
    try Files.writeAll([UInt8](repeating: 0, count: 2 * TarArchive.blockSize), to: descriptor, path: path)
    guard FileCalls.sync(descriptor) == 0 else { throw Files.failure("could not write the file", path) }
  }
}

/// Reads an archive, file by file.
public struct TarReader: Sendable {
  /// One file of it.
  public struct Member: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// Its size in bytes.
    public let size: Int
    /// Where its bytes begin in the archive.
    let offset: Int
  }

  private let path: String
  private let size: Int
  private var position = 0

  /// Takes an archive. Throws `io` where there is no file.
  public init(_ path: String) throws(Failure) {
    self.path = path
    guard Files.kind(Files.realPath(path) ?? path) == .file, let size = Files.identity(path)?.size else {
      throw Failure(
        .io, "could not read the file", at: .path(path), because: "there is no file of that name",
        hint: "check the path")
    }
    self.size = size
  }

  /// The next file; nil at the end, behind which nothing may stand. Throws `TarArchive.Problem`.
  public mutating func next() throws -> Member? {
    let block = try Files.read(path, from: position, count: TarArchive.blockSize)
    guard block.count == TarArchive.blockSize else { throw TarArchive.Problem(reason: "it is cut short") }
    if block.allSatisfy({ $0 == 0 }) {
      let rest = try Files.read(path, from: position, count: 3 * TarArchive.blockSize)
      guard rest.count == 2 * TarArchive.blockSize, rest.allSatisfy({ $0 == 0 }) else {
        throw TarArchive.Problem(
          reason: rest.count < 2 * TarArchive.blockSize ? "it is cut short" : "something stands behind its end")
      }
      return nil
    }
    let name = String(decoding: block.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
    let digits = block[124..<135]
    guard let length = Int(String(decoding: digits, as: UTF8.self), radix: 8), length >= 0,
      !name.isEmpty, name.utf8.count <= 100, block == TarArchive.header(name, size: length)
    else {
      throw TarArchive.Problem(reason: "a header in it is damaged, or is not one that Pinion writes")
    }
    let member = Member(name: name, size: length, offset: position + TarArchive.blockSize)
    position = member.offset + length + TarArchive.padding(length)
    guard position <= size else { throw TarArchive.Problem(reason: "it is cut short") }
    return member
  }

  /// A file's bytes, of which there may be so many.
  public func bytes(of member: Member, atMost limit: Int) throws -> [UInt8] {
    guard member.size <= limit else { throw TarArchive.Problem(reason: "\(quoted(member.name)) in it is too large") }
    return try Files.read(path, from: member.offset, count: member.size)
  }

  /// Writes a file's bytes to a path where nothing is. Returns their SHA-256.
  public func extract(_ member: Member, to target: String) throws(Failure) -> String {
    let descriptor = FileCalls.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Files.failure("could not write the file", target) }
    defer { close(descriptor) }
    var digest = StreamingDigest()
    var done = 0
    while done < member.size {
      let chunk = try Files.read(path, from: member.offset + done, count: min(1 << 20, member.size - done))
      guard !chunk.isEmpty else { break }
      chunk.withUnsafeBytes { digest.update($0) }
      try Files.writeAll(chunk, to: descriptor, path: target)
      done += chunk.count
    }
    return digest.finish()
  }
}
