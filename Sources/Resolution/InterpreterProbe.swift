/// The Python program that describes an interpreter and, if asked, what is installed beside it. Standard library only.
enum InterpreterProbe {
  /// Prints one JSON object. With the argument `base`, distributions and site directories are in it.
  static let program = #"""
    import json, os, platform, site, sys, sysconfig

    def full_version(info):
        text = "{0.major}.{0.minor}.{0.micro}".format(info)
        return text if info.releaselevel == "final" else text + info.releaselevel[0] + str(info.serial)

    def libc():
        name, version = "", ""
        try:
            name, _, version = os.confstr("CS_GNU_LIBC_VERSION").partition(" ")
        except (AttributeError, ValueError, OSError):
            pass
        return [name, version]

    def egg(dist):
        # Where distutils installed it, that is one file by itself.
        text = dist.read_text("PKG-INFO") or dist.read_text("")
        if not text or dist.metadata.get_all("Requires-Dist"):
            return text
        # What setuptools writes beside it, as Debian's packages have it.
        head, _, rest = text.partition("\n\n")
        sections = [line.strip() for line in (dist.read_text("requires.txt") or "").splitlines() if line.startswith("[")]
        extras = {line[1:-1].partition(":")[0] for line in sections} - set(dist.metadata.get_all("Provides-Extra") or [])
        lines = ["Requires-Dist: " + requirement for requirement in dist.requires or []]
        lines += ["Provides-Extra: " + extra for extra in sorted(extras) if extra]
        return "\n".join([head.rstrip("\n")] + lines) + "\n\n" + rest

    def distributions():
        from importlib import metadata
        found, seen = [], set()
        for dist in metadata.distributions():
            text = dist.read_text("METADATA")
            isEgg = not text
            text = text or egg(dist)
            name = dist.metadata["Name"] if text else None
            # The first on sys.path is the one that is imported.
            if not name or name.lower() in seen:
                continue
            seen.add(name.lower())
            files = [str(f) for f in (dist.files or [])]
            top = (dist.read_text("top_level.txt") or "").split()
            top = top or sorted({f.split("/")[0].partition(".")[0] for f in files if ".dist-info" not in f and ".." not in f})
            scripts = {e.name: e.value for e in dist.entry_points if e.group in ("console_scripts", "gui_scripts")}
            found.append({
                "name": name, "version": dist.version, "metadata": text,
                "isDirect": isEgg or dist.read_text("direct_url.json") is not None,
                "scripts": scripts, "topLevel": top,
            })
        return found

    answer = {
        "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
        "version": full_version(sys.version_info),
        "implementation": sys.implementation.name,
        "cacheTag": sys.implementation.cache_tag or "",
        "soabi": sysconfig.get_config_var("SOABI") or "",
        "platform": sysconfig.get_platform(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "libc": libc(),
        "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": full_version(sys.implementation.version),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
    }
    if sys.argv[1:] == ["base"]:
        sites = site.getsitepackages()
        if site.ENABLE_USER_SITE:
            sites = [site.getusersitepackages()] + sites
        answer["siteDirectories"] = [s for s in sites if os.path.isdir(s)]
        answer["distributions"] = distributions()
    json.dump(answer, sys.stdout)
    """#

  /// Says of each import path whether an import would find it, without running any module.
  ///
  /// Standard input: JSON `{"paths": [...], "modules": [...]}`. Prints `{module: "builtin" | path | null}`.
  static let locator = #"""
    import importlib.machinery as machinery, json, sys

    asked = json.load(sys.stdin)
    search = asked["paths"] or None

    def locate(name):
        path = search
        if search is None and name.partition(".")[0] in sys.builtin_module_names:
            return "builtin"
        prefix = ""
        for part in name.split("."):
            prefix = prefix + "." + part if prefix else part
            if search is None and not path and prefix == part:
                spec = machinery.FrozenImporter.find_spec(part) or machinery.PathFinder.find_spec(part)
            else:
                spec = machinery.PathFinder.find_spec(prefix, path)
            if spec is None:
                return None
            path = spec.submodule_search_locations or []
        return spec.origin or (list(path) or [""])[0]

    json.dump({name: locate(name) for name in asked["modules"]}, sys.stdout)
    """#
}
