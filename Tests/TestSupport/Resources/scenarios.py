"""Reads scenarios of resolving: files of TOML with the fields that packse's scenarios have.

A file holds any number of `[[scenario]]`: what is asked for (`root.requires`), what the index has
(`packages.NAME.versions.VERSION`, each with a wheel and an sdist unless it says otherwise), for which Python
(`environment.python`), and what comes of it (`expected`). `pip` is what pip makes of it where that differs.
"""

import os

# The Python that a scenario is for where it names none.
PYTHON = "3.12"


def read(directory):
    """Every scenario in a directory, by file and place."""
    # Python 3.11 and later have it; whoever reads no scenarios needs none.
    import tomllib

    found = []
    for name in sorted(os.listdir(directory)):
        if name.endswith(".toml"):
            with open(os.path.join(directory, name), "rb") as source:
                found += tomllib.load(source)["scenario"]
    return found


def projects(scenario):
    """What the scenario's index has, one description (see tiny_backend.py) for each file."""
    for name, package in scenario.get("packages", {}).items():
        for version, release in package["versions"].items():
            project = {
                "name": name,
                "version": version,
                "requires": release.get("requires", []),
                "extras": release.get("extras", {}),
                "requiresPython": release.get("requires_python", ">=3.8"),
                "files": {f"{name.replace('-', '_')}/__init__.py": ""},
                "yanked": release.get("yanked", False),
            }
            if release.get("wheel", True):
                for tag in release.get("wheel_tags") or ["py3-none-any"]:
                    yield dict(project, isSdist=False, tag=tag)
            if release.get("sdist", True):
                yield dict(project, isSdist=True)


def is_built(scenario):
    """Whether the scenario is about something of which only the sdist may be used."""
    options = scenario.get("resolver_options", {})
    releases = [each for package in scenario.get("packages", {}).values() for each in package["versions"].values()]
    return bool(options.get("no_binary")) or any(not release.get("wheel", True) for release in releases)
