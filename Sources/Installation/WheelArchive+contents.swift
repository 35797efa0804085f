internal import CDeflate
internal import Glibc
internal import Model
internal import Platform

/// Unpacking: each entry's size and CRC-32 are checked, and its SHA-256 is taken on the way.
extension WheelArchive {
  /// From this size on a file is unpacked straight into its own pages.
  static let mappedSize = 16 << 20

  /// An entry's bytes. For what is read, not installed: refuses more than 64 MiB.
  func contents(of entry: Entry) throws(Failure) -> [UInt8] {
    guard entry.size <= UnpackLimits.ratioFloor else { throw invalid("\(quoted(entry.name)) is too large to be read") }
    var bytes = [UInt8](repeating: 0, count: entry.size)
    var problem: Failure?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(Failure) { try unpack(entry, into: buffer) } catch { problem = error }
    }
    if let problem { throw problem }
    return bytes
  }

  /// Writes an entry to a file that does not exist yet, which nobody may write to then, and returns its SHA-256.
  ///
  /// Of the archive's modes nothing but the right to run it counts: no set-user-id, and the umask holds. Throws `io`,
  /// `wheelInvalid`.
  func extract(_ entry: Entry, to path: String, executable: Bool) throws(Failure) -> String {
    let descriptor = FileCalls.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0o555 : 0o444)
    guard descriptor >= 0 else { throw Files.failure("could not write the file", path) }
    defer { close(descriptor) }
    guard entry.size > Self.mappedSize else {
      let bytes = try contents(of: entry)
      try Files.writeAll(bytes, to: descriptor, path: path)
      return Digest.sha256(bytes)
    }
    // Room is taken first: writing to a page that the disk has no room for would end the process with SIGBUS.
    let number = FileCalls.allocate(descriptor, entry.size)
    guard number == 0 else { throw Files.failure("could not write the file", path, number) }
    guard let start = mmap(nil, entry.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { throw Files.failure("could not write the file", path) }
    defer { munmap(start, entry.size) }
    let buffer = UnsafeMutableRawBufferPointer(start: start, count: entry.size)
    try unpack(entry, into: buffer)
    var digest = StreamingDigest()
    digest.update(UnsafeRawBufferPointer(buffer))
    return digest.finish()
  }

  private func unpack(_ entry: Entry, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
    let packed = UnsafeRawBufferPointer(rebasing: bytes[entry.start..<(entry.start + entry.packedSize)])
    if entry.method == 0 {
      buffer.copyMemory(from: packed)
    } else {
      guard let decompressor = libdeflate_alloc_decompressor() else {
        throw Files.failure("could not unpack the wheel", path, ENOMEM)
      }
      defer { libdeflate_free_decompressor(decompressor) }
      var used = 0
      var made = 0
      // An empty buffer has no address, and libdeflate wants one.
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
      defer { scratch.deallocate() }
      let result = libdeflate_deflate_decompress_ex(
        decompressor, packed.baseAddress, packed.count, buffer.baseAddress ?? scratch, buffer.count, &used, &made)
      guard result == LIBDEFLATE_SUCCESS, made == entry.size, used == packed.count else {
        throw invalid("\(quoted(entry.name)) cannot be unpacked to the size that the archive states")
      }
    }
    guard libdeflate_crc32(0, buffer.baseAddress, buffer.count) == (buffer.isEmpty ? 0 : entry.crc),
      !buffer.isEmpty || entry.crc == 0
    else { throw invalid("\(quoted(entry.name)) does not have the CRC-32 that the archive states") }
  }
}
