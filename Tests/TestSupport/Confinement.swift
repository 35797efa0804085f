internal import Glibc
internal import Platform

/// Ways to take something away from a program that a test runs, since tests often run as root, whom nothing is refused.
public enum Confinement {
  /// The words before a command whose files' owners and modes count for it, also as root: without root's rights to
  /// read and write whatever it likes (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH).
  ///
  /// Nil where that cannot be had: root without setpriv(1).
  public static let withoutRootsRights: [String]? = {
    guard geteuid() == 0 else { return [] }
    let words = ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    return succeeds(words + ["/bin/true"]) ? words : nil
  }()

  /// Why tests are skipped where `withoutRootsRights` is nil.
  public static let noSetpriv = "as root, this test needs setpriv(1) from util-linux to give up root's rights"

  /// The words before a command that gets a mount namespace of its own, in which it may mount.
  ///
  /// Nil where this host does not permit that, as many containers do not.
  public static let inOwnMountNamespace: [String]? = [
    ["/usr/bin/unshare", "--mount"], ["/usr/bin/unshare", "--map-root-user", "--mount"],
  ].first { succeeds($0 + ["/bin/sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]) }

  /// Why tests are skipped where `inOwnMountNamespace` is nil.
  public static let noNamespace =
    "this host permits no mount namespaces (unshare --mount): a full disk cannot be made here"

  /// The words before a command that gets no network of its own, whatever it asks: in a user namespace that may have none.
  ///
  /// Nil where this host permits no user namespaces.
  public static let withoutNetworks: [String]? = {
    let words = [
      "/usr/bin/unshare", "--user", "--map-root-user", "/bin/sh", "-c",
      "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"", "sh",
    ]
    return succeeds(words + ["/bin/sh", "-c", "! unshare --net true"]) ? words : nil
  }()

  /// Whether a program can have a network of its own here.
  public static let givesNetworks =
    succeeds(["/usr/bin/unshare", "--net", "/bin/true"])
    || succeeds(["/usr/bin/unshare", "--map-current-user", "--net", "/bin/true"])

  /// Why tests are skipped where `givesNetworks` is false, or `withoutNetworks` is nil.
  public static let noNetworks = "this host permits no network or user namespaces (unshare --net, unshare --user)"

  private static func succeeds(_ command: [String]) -> Bool {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    }
    var words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid = pid_t()
    guard posix_spawn(&pid, command[0], &actions, nil, &words, environ) == 0 else { return false }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status == 0
  }
}
