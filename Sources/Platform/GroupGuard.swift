internal import CPlatform
internal import Glibc

/// Sees to it that a process group does not outlive this process, however this process ends.
///
/// A program that was started by a run which is killed would go on: it writes into directories that the next run clears away, and
/// keeps machines busy for nobody. A shell of a few lines waits for the end of a pipe whose other end only this process holds; the
/// system closes that whatever happens.
final class GroupGuard: Sendable {
  private let pipe: Int32
  private let shell: pid_t

  /// Guards a group. Nil where no shell can be started: then the group is guarded by nothing but a deadline.
  init?(_ group: pid_t) {
    var ends: [Int32] = [-1, -1]
    guard pinion_pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    // What a terminal sends to this process's group is not for the guard.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    let words = ["sh", "-c", "read _; kill -s KILL -- \"-$1\" 2>/dev/null", "sh", String(group)]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var environment: [UnsafeMutablePointer<CChar>?] = [nil]
    var child: pid_t = 0
    guard posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, &environment) == 0 else {
      close(ends[1])
      return nil
    }
    pipe = ends[1]
    shell = child
  }

  /// Ends the guard, once the group has ended.
  deinit {
    kill(shell, SIGKILL)
    var status: Int32 = 0
    while waitpid(shell, &status, 0) < 0, errno == EINTR {}
    close(pipe)
  }
}
