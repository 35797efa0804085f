"""A PEP 517 build back end of one file and no requirements, for projects that tests make.

A project is described by `project.json`: name, version, requires, extras, scripts, requiresPython, and either `files`
(path: text) or, in a source tree, `packages` (the directories that belong into the wheel). Equal projects give equal
bytes.
"""

import base64
import hashlib
import io
import json
import os
import zipfile


def metadata(project):
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}"]
    if project.get("requiresPython"):
        lines.append(f"Requires-Python: {project['requiresPython']}")
    lines += [f"Requires-Dist: {requirement}" for requirement in project.get("requires", [])]
    for extra, requirements in sorted(project.get("extras", {}).items()):
        lines.append(f"Provides-Extra: {extra}")
        for requirement in requirements:
            name, mark, marker = requirement.partition(";")
            condition = f"({marker.strip()}) and extra == '{extra}'" if mark else f"extra == '{extra}'"
            lines.append(f"Requires-Dist: {name.strip()} ; {condition}")
    return "\n".join(lines) + "\n\nMade by a test.\n"


def stem(project):
    return f"{project['name'].replace('-', '_').replace('.', '_').lower()}-{project['version']}"


def file_name(project):
    return f"{stem(project)}-py3-none-any.whl"


def wheel(project, files):
    """The bytes of the project's wheel; `files` are path: bytes."""
    info = f"{stem(project)}.dist-info"
    members = dict(files)
    members[f"{info}/METADATA"] = metadata(project).encode()
    members[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if project.get("scripts"):
        lines = [f"{name} = {target}\n" for name, target in sorted(project["scripts"].items())]
        members[f"{info}/entry_points.txt"] = ("[console_scripts]\n" + "".join(lines)).encode()
    rows = []
    for path, content in sorted(members.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content)}\n")
    members[f"{info}/RECORD"] = ("".join(rows) + f"{info}/RECORD,,\n").encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in members.items():
            entry = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def sdist(project, files, backend):
    """The bytes of the project's source archive; `files` are path: bytes, `backend` is this file's text."""
    import gzip
    import tarfile

    tree = dict(project, files={}, packages=sorted({path.split("/")[0] for path in files}))
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "tiny_backend"\nbackend-path = ["."]\n'
    members = dict(files)
    members["PKG-INFO"] = metadata(project).encode()
    members["project.json"] = json.dumps(tree, sort_keys=True).encode()
    members["pyproject.toml"] = pyproject.encode()
    members["tiny_backend.py"] = backend
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in sorted(members.items()):
            entry = tarfile.TarInfo(f"{stem(project)}/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open("project.json", encoding="utf-8") as source:
        project = json.load(source)
    # What a test wants to happen while third-party code runs.
    if project.get("onBuild"):
        exec(project["onBuild"], {})
    files = {}
    for package in project.get("packages", []):
        for directory, _, names in os.walk(package):
            for name in names:
                path = os.path.join(directory, name)
                if "__pycache__" not in path:
                    with open(path, "rb") as source:
                        files[path] = source.read()
    with open(os.path.join(wheel_directory, file_name(project)), "wb") as target:
        target.write(wheel(project, files))
    return file_name(project)
