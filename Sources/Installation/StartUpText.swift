internal import Model

/// What runs first in every process of a generation: the `.pth` line, and `start.py` that it runs.
enum StartUpText {
  /// Sorts before every other `.pth` file.
  static let pathFileName = "000-pinion.pth"

  /// `site` runs lines that begin with `import`, with the directory at hand as `sitedir`, and prints a traceback for
  /// whatever they raise: so nothing is let out.
  static let pathFile = #"""
    import os; exec("try:\n with open(os.path.join(sitedir, '../../../start.py'), 'rb') as f: exec(compile(f.read(), f.name, 'exec'), {'sitedir': sitedir, 'known_paths': known_paths})\nexcept Exception: pass")

    """#

  /// What the template is filled with.
  struct Values {
    var number: Int
    var minorVersion: String
    var baseSites: [String]
    var pathFiles: [String]
    /// What to say to `pip install`; nil lets it through.
    var refusal: String?
  }

  /// The text of `start.py`.
  static func script(_ values: Values) -> String {
    var text = template
    text.replace("@NUMBER@", with: pythonText("\(values.number)"))
    text.replace("@LIBRARY@", with: pythonText("lib/python\(values.minorVersion)/site-packages"))
    text.replace("@VERSION@", with: pythonText(values.minorVersion))
    text.replace("@BASE@", with: "[\(values.baseSites.map(pythonText).joined(separator: ", "))]")
    text.replace("@PATH_FILES@", with: "[\(values.pathFiles.map(pythonText).joined(separator: ", "))]")
    text.replace("@REFUSAL@", with: values.refusal.map(pythonText) ?? "None")
    return text
  }

  /// A text as a Python literal, in ASCII.
  static func pythonText(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": literal += "\\\(scalar)"
      case _ where scalar.value >= 32 && scalar.value < 127: literal.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        literal += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return literal + "\""
  }

  private static let template = #"""
    # Written by Pinion: pins this process to its own generation, whatever happens to `current` later.
    #
    # A process started from `current/bin/python` would keep `current` in sys.prefix, sys.executable and sys.path, and its
    # subprocesses and later imports would land in the next generation once `current` moves. So all of them are set to
    # the numbered directory, before anything else is imported. Works with Python 3.9 and later.
    import os
    import site
    import sys
    import time

    NUMBER = @NUMBER@
    LIBRARY = @LIBRARY@
    VERSION = @VERSION@
    BASE = @BASE@
    PATH_FILES = @PATH_FILES@
    REFUSAL = @REFUSAL@


    def refuse_installs(arguments):
        """Ends `python -m pip install` (and uninstall): the environment is declared elsewhere."""
        rest = None
        for index, argument in enumerate(arguments[1:], 1):
            if argument == "pip" and arguments[index - 1][:1] == "-" and arguments[index - 1][-1:] == "m":
                rest = arguments[index + 1:]
            elif argument[:1] == "-" and argument[1:2] != "-" and argument.endswith("mpip"):
                rest = arguments[index + 1:]
            elif argument[:1] != "-" and os.path.basename(argument).rstrip("0123456789.") == "pip":
                rest = arguments[index + 1:]
            elif argument[:1] == "-" or arguments[index - 1] in ("-W", "-X"):
                continue
            break
        for argument in rest or ():
            if argument in ("install", "uninstall"):
                os.write(2, (REFUSAL + "\n").encode("utf-8", "replace"))
                os._exit(1)
            if argument in ("check", "list", "show", "freeze", "download", "help", "config", "debug", "inspect"):
                return


    def hold(home):
        """Held as long as this process and the ones it forks live: tells `gc` that the generation is in use."""
        try:
            import fcntl

            descriptor = os.open(os.path.join(home, "generation.json"), os.O_RDONLY | os.O_CLOEXEC)
            # Whoever looks whether the lock is held has it for a moment; nobody may keep a process from starting.
            for attempt in range(100):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.001)
        except (ImportError, OSError):
            pass


    def attach(sitedir, known_paths, place):
        """Shows this generation's modules to a process of the environment that it is attached to."""
        own = os.path.realpath(sys.prefix)
        # Another interpreter that only looks into the directory is left alone, and so is a generation with that base.
        if not os.path.realpath(sitedir).startswith(own + os.sep) or "%d.%d" % sys.version_info[:2] != VERSION:
            return
        # Not what `current` says: it may have moved since this process began.
        home = os.path.join(os.path.dirname(os.path.realpath(place)), NUMBER)
        if not os.path.isdir(home) or getattr(site, "pinned_by_pinion", None):
            return
        site.pinned_by_pinion = home
        # Subprocesses stay.
        os.environ["PINION_GENERATION"] = home
        hold(home)
        links = os.path.join(home, "links")
        ours = [links, os.path.join(home, LIBRARY)]
        index = sys.path.index(sitedir) if sitedir in sys.path else len(sys.path)
        sys.path[index:index] = ours
        if known_paths is not None:
            known_paths.update(os.path.normcase(entry) for entry in ours)
        for name in PATH_FILES:
            site.addpackage(links, name, None)


    def pin(sitedir, known_paths):
        old = sys.prefix
        generations = os.path.dirname(os.path.realpath(old))
        # Another interpreter that only looks into this directory is left alone.
        if os.path.dirname(os.path.realpath(os.path.join(sitedir, "..", "..", ".."))) != generations:
            return
        # Not what `current` says: it may have moved since this process began.
        home = os.path.join(generations, NUMBER)
        # In a virtual environment, site goes through its directory twice.
        if not os.path.isdir(home) or getattr(site, "pinned_by_pinion", None) == home:
            return
        site.pinned_by_pinion = home

        def moved(path):
            if path == old or path.startswith(old + os.sep):
                return home + path[len(old):]
            return path

        sys.prefix = home
        sys.exec_prefix = moved(sys.exec_prefix)
        executable = os.path.join(home, "bin", os.path.basename(sys.executable or "python"))
        sys.executable = executable if os.path.exists(executable) else os.path.join(home, "bin", "python")
        site.PREFIXES[:] = [moved(prefix) for prefix in site.PREFIXES]
        sys.path[:] = [moved(entry) for entry in sys.path]
        if known_paths is not None:
            known_paths.update(os.path.normcase(entry) for entry in sys.path)

        library = os.path.join(home, LIBRARY)
        links = os.path.join(home, "links")
        if links not in sys.path:
            place = sys.path.index(library) if library in sys.path else len(sys.path)
            sys.path.insert(place, links)

        active = os.environ.get("VIRTUAL_ENV")
        if active and (active.rstrip("/") == old or os.path.realpath(active) == home):
            os.environ["VIRTUAL_ENV"] = home
        else:
            active = None
        programs = {os.path.join(old, "bin"), os.path.join((active or old).rstrip("/"), "bin")}
        search = os.environ.get("PATH", "")
        kept = os.pathsep.join(
            os.path.join(home, "bin") if entry in programs else entry for entry in search.split(os.pathsep))
        if kept != search:
            os.environ["PATH"] = kept

        hold(home)
        for name in PATH_FILES:
            site.addpackage(links, name, None)
        # The base stands behind the tree; addsitedir brings its editable installs along.
        for directory in BASE:
            site.addsitedir(directory)

        if REFUSAL:
            refuse_installs(getattr(sys, "orig_argv", []))


    if "attached" in globals():
        attach(sitedir, known_paths, globals()["attached"])
    else:
        pin(sitedir, known_paths)

    """#
}
