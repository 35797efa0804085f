internal import CPlatform

/// The memory of this process, which holds secrets.
public enum ProcessMemory {
  /// Keeps it from core files, and from other processes of the same user. Source: prctl(2), PR_SET_DUMPABLE. A program that this
  /// process turns into (execve(2)) is as others are.
  public static func keepPrivate() {
    #if DEBUG
      // What a test asks for is in a variable, and variables are blanked next.
      FileFaults.prepare()
    #endif
    pinion_keep_memory_private()
  }
}
