internal import GitWire
internal import Glibc

// What this program is asked stands on standard input alone: arguments and environment are seen by other processes.
guard CommandLine.arguments.count == 1 else {
  let isQuestion = CommandLine.arguments.dropFirst() == ["--help"]
  let usage = """
    pinion-git is a part of pinion and is started by it.
    It reads requests on standard input and writes answers on standard output, one JSON object a line.

    """
  _ = write(isQuestion ? STDOUT_FILENO : STDERR_FILENO, usage, usage.utf8.count)
  exit(isQuestion ? 0 : 64)
}

// Files and locks that pinion inherited from whoever started it are no business of ours.
closefrom(3)
// A reader that is gone is found out by the write that fails, a server that is gone by the one to its socket.
signal(SIGPIPE, SIG_IGN)

let output = ReplyWriter()
do throws(GitFault) {
  try Library.start()
} catch {
  output.send(GitReply(id: 0, outcome: .failed(error)))
  exit(1)
}
RequestReader(workers: WorkerPool(output: output), output: output).run()
// Work that is still under way has nobody left to tell.
_exit(0)
