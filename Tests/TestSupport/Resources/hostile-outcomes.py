"""Installs wheels with uv and with pip, each into an environment of its own, and says what came of it.

Usage: hostile-outcomes.py UV PYTHON-WITH-PIP TASKS SCRATCH

TASKS is a JSON list of {"id", "wheels": [PATH], "effects": [{"words", "kind", "path", "text"}]}. Everything is done below
SCRATCH, with a home of its own. Prints {"uv": {"version", "outcomes": {ID: TEXT}}, "pip": {…}}.
"""

import concurrent.futures
import json
import os
import re
import shutil
import stat
import subprocess
import sys

UV, PYTHON, TASKS, SCRATCH = sys.argv[1:]


def run(arguments, root):
    home = os.path.join(root, "home")
    os.makedirs(home, exist_ok=True)
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "UV_CACHE_DIR": os.path.join(home, "cache"),
        "UV_NO_CONFIG": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore",
    }
    return subprocess.run(
        arguments, cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=300)


def tree(root):
    """Every path with what tells whether it was changed."""
    found = {}
    for directory, directories, names in os.walk(root):
        for name in directories + names:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            found[os.path.relpath(path, root)] = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def has(effect, environment, root, before):
    kind, path = effect["kind"], effect["path"]
    site = os.path.join(environment, "lib", os.listdir(os.path.join(environment, "lib"))[0], "site-packages")
    if kind == "escaped":
        # An absolute path leads to the scratch directory itself, where one tool is at work on it at a time.
        place = os.path.join(SCRATCH, path)
        if os.path.lexists(place):
            os.remove(place)
            return True
        return any(
            path in names and os.path.realpath(directory) != os.path.realpath(site)
            and not directory.startswith(site + os.sep)
            for directory, _, names in os.walk(root))
    for word, place in (("SITE", site), ("BIN", os.path.join(environment, "bin")), ("ENV", environment)):
        if path.startswith(word + "/"):
            path = place + path[len(word):]
    if not os.path.lexists(path):
        return False
    if kind == "link":
        return os.path.islink(path)
    if kind == "mode":
        return bool(os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH))
    if kind == "content":
        with open(path, "rb") as file:
            return effect["text"].encode() in file.read()
    status = os.lstat(path)
    known = before.get(os.path.relpath(path, environment))
    return known != (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)


def attempt(tool, task):
    root = os.path.join(SCRATCH, tool, task["id"])
    environment = os.path.join(root, "environment")
    made = run([UV, "venv", "--quiet", "--offline", "--python", PYTHON, environment], root)
    if made.returncode:
        raise SystemExit(made.stderr)
    python = os.path.join(environment, "bin", "python")
    before = tree(environment)
    outcome = "installed"
    for wheel in task["wheels"]:
        if tool == "uv":
            command = [UV, "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps", "--python", python, wheel]
        else:
            command = [
                PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps",
                "--no-cache-dir", "--no-warn-script-location", "--prefix", environment, wheel,
            ]
        result = run(command, root)
        if result.returncode:
            outcome = "refused"
            if "Traceback (most recent call last)" in result.stderr or "panicked" in result.stderr:
                outcome = "fails with an error of its own"
            break
    words = [effect["words"] for effect in task["effects"] if has(effect, environment, root, before)]
    after = {path: value for path, value in tree(environment).items() if not stat.S_ISDIR(value[0])}
    changed = [path for path, value in after.items() if before.get(path) != value and os.path.basename(path) != ".lock"]
    if outcome != "installed" and len(task["wheels"]) == 1 and changed:
        words.append("leaves files behind")
    shutil.rmtree(root)
    return "; ".join([outcome] + words)


def attempts(task):
    return task["id"], {tool: attempt(tool, task) for tool in ("uv", "pip")}


def main():
    with open(TASKS, encoding="utf-8") as file:
        tasks = json.load(file)
    os.makedirs(SCRATCH, exist_ok=True)
    version = run([PYTHON, "-m", "pip", "--version"], SCRATCH).stdout.split()[1]
    result = {
        "uv": {"version": re.search(r"[0-9.]+", run([UV, "--version"], SCRATCH).stdout).group(), "outcomes": {}},
        "pip": {"version": version, "outcomes": {}},
    }
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, outcomes in pool.map(attempts, tasks):
            for tool, outcome in outcomes.items():
                result[tool]["outcomes"][name] = outcome
    json.dump(result, sys.stdout, indent=2, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
