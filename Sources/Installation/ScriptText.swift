internal import Model

/// Commands in a generation's `bin`: read by the shell, which starts the generation's own Python, and then by Python.
///
/// The generation's number is in the text, and the directory is found from the script's own place: so a command keeps to
/// its generation in staging, in `generations/N`, through `current`, and through a link elsewhere.
enum ScriptText {
  /// A command that calls an entry point.
  static func entryPoint(_ point: ScriptEntryPoint, number: Int) -> String {
    let first = point.attribute.prefix { $0 != "." }
    return header(point.name, number) + """
      import sys

      from \(point.module) import \(first)

      if __name__ == "__main__":
          sys.exit(\(point.attribute)())

      """
  }

  /// A command that runs a `#!python` script of a wheel, which stays in the store: so its own docstring and its
  /// `from __future__` lines stand first in their file, as they must.
  static func wheelScript(_ name: String, number: Int, storePath: String) -> String {
    header(name, number) + """
      import os

      _home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
      _path = os.path.join(_home, "../../../../store", \(StartUpText.pythonText(storePath)))
      with open(_path, "rb") as _file:
          _code = compile(_file.read(), _path, "exec", dont_inherit=True)
      __doc__ = None
      exec(_code)

      """
  }

  /// Whether a wheel's script asks to be run by the environment's Python.
  ///
  /// Source: Python Packaging User Guide, "Binary distribution format", "Recommended installer features".
  static func wantsPython(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: Array("#!python".utf8))
  }

  /// The shell sees two empty strings and `:`, then three commands; Python sees one string.
  private static func header(_ name: String, _ number: Int) -> String {
    """
    #!/bin/sh
    ''':'
    generations=$(readlink -f "$0")
    generations=${generations%/*/*/*}
    exec "$generations/\(number)/bin/python" "$generations/\(number)/bin/\(name)" "$@"
    '''

    """
  }
}
