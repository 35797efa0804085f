internal import Model
internal import Platform

/// A source archive on disk, of any format that Python's own tools pack.
struct SourceArchive: Sendable {
  /// Where it is.
  let path: String

  init(_ path: String) { self.path = path }

  // Python unpacks what Python packed: every format of `shutil`, with its filter against entries that lead elsewhere
  // (PEP 706), or, where an interpreter is older than that, a refusal of such entries and of links.
  private static let program = """
    import shutil, sys, tarfile
    archive, target = sys.argv[1:]
    if archive.lower().endswith(".zip"):
        shutil.unpack_archive(archive, target)
    elif hasattr(tarfile, "data_filter"):
        shutil.unpack_archive(archive, target, filter="data")
    else:
        with tarfile.open(archive) as opened:
            for entry in opened:
                if entry.name.startswith("/") or ".." in entry.name.split("/") or not (entry.isfile() or entry.isdir()):
                    sys.exit(f"{entry.name} leads out of the archive")
            opened.extractall(target)
    """

  /// Unpacks it into a directory that is made for it. Throws `buildFailed`, at `place`, where the archive came from.
  func unpack(to directory: String, with interpreter: Interpreter, at place: Place) async throws {
    try Files.makeDirectory(directory)
    let result = try await ChildProcess.run(
      interpreter.executable, ["-I", "-c", SourceArchive.program, path, directory], environment: ["LANG": "C.UTF-8"],
      deadline: 600)
    guard result.status == 0 else {
      throw Failure(
        .buildFailed, "the archive cannot be unpacked", at: place,
        because: result.timedOut
          ? "unpacking did not end within ten minutes" : BuildOutput.cause(result.errorOutput),
        hint: "check the file: it may be cut off, or of another format than its name says")
    }
  }
}
