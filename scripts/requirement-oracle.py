#!/usr/bin/env python3
"""Says how Python's packaging, the reference implementation of PEP 508 and PEP 440, reads requirements.

Reads requirements from standard input, one a line, and prints one JSON document: the sample versions and environments,
and for each requirement what packaging makes of it, or null where it refuses it. `fits` has a letter for each version,
`holds` one for each environment: y, n, or e where packaging finds no answer.

    scripts/requirement-oracle.py < REQUIREMENTS > ANSWERS.json

Tests/ManifestsTests/Fixtures/pip-names.json was made like this; see Tests/ManifestsTests/PipNameTests.swift.
"""

import json
import sys

import packaging
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

VERSIONS = [
    "0", "0.9", "1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+local.1", "1.0.post1", "1.0.1", "1.1", "1.2.3",
    "1.4.2", "1.10", "2.0.dev3", "2.0a1", "2.0", "2.0.1", "2.1", "2.2.post3.dev1", "3.0", "3.11.7", "10.0",
    "2024.1.15", "1!0.5", "1!1.0",
]

LINUX = {
    "python_version": "3.11", "python_full_version": "3.11.7", "os_name": "posix", "sys_platform": "linux",
    "platform_release": "6.1.0-13-amd64", "platform_system": "Linux", "platform_version": "#1 SMP",
    "platform_machine": "x86_64", "platform_python_implementation": "CPython", "implementation_name": "cpython",
    "implementation_version": "3.11.7", "extra": "",
}
ENVIRONMENTS = [
    LINUX,
    {**LINUX, "python_version": "3.13", "python_full_version": "3.13.0rc1", "platform_machine": "aarch64",
     "extra": "socks"},
    {**LINUX, "python_version": "3.9", "python_full_version": "3.9.2", "os_name": "nt", "sys_platform": "win32",
     "platform_system": "Windows", "platform_release": "10", "platform_machine": "AMD64", "extra": "foo-bar"},
    {**LINUX, "sys_platform": "darwin", "platform_system": "Darwin", "platform_release": "23.1.0",
     "platform_machine": "arm64", "platform_python_implementation": "PyPy", "implementation_name": "pypy",
     "implementation_version": "7.3.15"},
]


def holds(marker, environment):
    if marker is None:
        return "y"
    try:
        return "y" if marker.evaluate(environment) else "n"
    except (UndefinedComparison, UndefinedEnvironmentName):
        return "e"


def answer(text):
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return {
        "name": canonicalize_name(requirement.name),
        "extras": sorted({canonicalize_name(extra) for extra in requirement.extras}),
        "url": requirement.url or "",
        "hasMarker": requirement.marker is not None,
        "fits": "".join("y" if requirement.specifier.contains(Version(v), prereleases=True) else "n" for v in VERSIONS),
        "holds": "".join(holds(requirement.marker, environment) for environment in ENVIRONMENTS),
    }


def main():
    # Splitting at line feeds alone: other white space is part of a requirement.
    texts = sys.stdin.buffer.read().decode("utf-8").removesuffix("\n").split("\n")
    document = {
        "packaging": packaging.__version__,
        "versions": VERSIONS,
        "environments": ENVIRONMENTS,
        "requirements": [{"text": text, "answer": answer(text)} for text in texts],
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
