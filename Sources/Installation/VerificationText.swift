/// The program that a generation's own interpreter runs to show that the declared modules work.
enum VerificationText {
  /// Arguments: a JSON file with the modules; a file to append one JSON line to before and after each of them, so that a module
  /// that ends the process, or never returns, is known by its name; a directory with a file for each module that somebody has
  /// taken; and the directories into which bytecode may be written: the store and the generation. The base and the application's
  /// own code are not Pinion's to write to.
  static let script = #"""
    import importlib.machinery
    import json
    import os
    import signal
    import sys

    # The directory of this script is no place to import from.
    del sys.path[0]
    TASKS, RESULTS, CLAIMS, *OURS = sys.argv[1:]
    sys.argv[1:] = []
    PROCESS = os.getpid()
    # A module may print whatever it likes.
    _quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(_quiet, 1)
    os.dup2(_quiet, 2)


    def report(**fields):
        # A module may fork, and may close every descriptor.
        if os.getpid() != PROCESS:
            os._exit(0)
        descriptor = os.open(RESULTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, (json.dumps(fields) + "\n").encode())
        finally:
            os.close(descriptor)


    def take(index):
        """Whether nobody else has taken it."""
        if os.getpid() != PROCESS:
            os._exit(0)
        try:
            os.close(os.open(os.path.join(CLAIMS, str(index)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True


    class OwnBytecode:
        """Keeps bytecode where it is Pinion's to write, and nowhere else."""

        write = importlib.machinery.SourceFileLoader.set_data

        @staticmethod
        def set_data(loader, path, data, *rest, **words):
            if os.path.realpath(path).startswith(tuple(own + os.sep for own in OURS)):
                OwnBytecode.write(loader, path, data, *rest, **words)


    importlib.machinery.SourceFileLoader.set_data = lambda *rest, **words: OwnBytecode.set_data(*rest, **words)


    def find(name):
        """Finds a module without importing it or its parents. Returns the name that is missing, or None."""
        path = None
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            full = ".".join(parts[:count])
            if count == 1 and (full in sys.builtin_module_names or full in sys.modules):
                path = list(getattr(sys.modules.get(full), "__path__", []))
                continue
            spec = None
            for finder in sys.meta_path:
                look = getattr(finder, "find_spec", None)
                spec = look(full, path, None) if look else None
                if spec is not None:
                    break
            if spec is None:
                return full
            path = list(spec.submodule_search_locations or [])
        return None


    def describe(error, task):
        try:
            words = str(error)
        except Exception:
            words = ""
        lines = [line for line in words.splitlines() if line.strip()]
        fields = {"type": type(error).__name__, "message": lines[-1].strip()[:500] if lines else ""}
        if isinstance(error, SyntaxError):
            fields["message"] = "%s (%s, line %s)" % (error.msg, os.path.basename(error.filename or "?"), error.lineno)
        trace = error.__traceback__
        while trace is not None:
            raiser = trace.tb_frame.f_globals.get("__name__")
            if isinstance(raiser, str) and raiser != "__main__" and not raiser.startswith(("importlib", "_frozen")):
                fields["raiser"] = raiser
                fields["line"] = trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
            fields["missing"] = error.name
        return fields


    def check(task):
        name = task["module"]
        try:
            if task["mode"] == "locate":
                missing = find(name)
                return {"type": "ModuleNotFoundError", "message": "", "missing": missing} if missing else {}
            __import__(name)
            module = sys.modules[name]
            absent = [attribute for attribute in task["expects"] if not hasattr(module, attribute)]
            return {"absent": absent} if absent else {}
        except SystemExit as error:
            return {"type": "SystemExit", "message": str(error.code)[:200]}
        except BaseException as error:
            return describe(error, task)


    with open(TASKS, encoding="utf-8") as file:
        tasks = json.load(file)
    for task in tasks:
        if not take(task["index"]):
            continue
        report(begin=task["index"])
        # An alarm ends the process whatever the module does, in C as well.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, task["deadline"])
        problem = check(task)
        signal.setitimer(signal.ITIMER_REAL, 0)
        report(end=task["index"], problem=problem)
    report(done=True)
    # Threads that a module started must not hold this process.
    os._exit(0)
    """#
}
