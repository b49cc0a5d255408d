"""Patches the SDK in an environment to map in-stream errors to their documented status: the control. I/O: writes files.

A target has the source of its patch, which gets the SDK and the documented statuses. A copy is put into the package of
the SDK, and its entry loads it, so the SDK differs in this environment only, and the probe does not know of it.

- For Python, `midstream_patch.py` has `patch(sdk)`, which gets the names of the module, and `DOCUMENTED_STATUS`.
- For Node, `midstream_patch.cjs` exports `patch(sdk, statuses)`. It is called once for each entry of the package, with
  the exports of the CommonJS entry, and with the names of the ES entry, which can't be replaced. Their classes can be
  changed, as in `sdk.APIError.generate = …`; a package may have two sets of them, one for each entry.

Files are written anew and never changed in place, since they may be hard links into the cache of the installer.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from matrix.catalogue.steps import RaisesStatus
from matrix.harness.uv import site_packages
from matrix.targets.target import Registry, Target


def patch_sdk(target: Target, folder: Path) -> None:
    """Patch the SDK in an environment."""
    if target.registry is Registry.NPM:
        _patch_node(target, folder / "node_modules" / target.package)
    else:
        _patch_python(target, site_packages(folder).joinpath(*(target.patched or target.module).split(".")))


def documented_statuses(target: Target) -> dict[str, int]:
    """Map each error type that the scenarios send inside a stream to its documented status, where it has one.

    These are the API's types, and the exceptions that a dialect of frames adds to them.
    """
    ideals = (scenario.ideal for scenario in target.catalogue.values() if scenario.in_stream)
    return {
        ideal.error_type: ideal.status
        for ideal in ideals
        if isinstance(ideal, RaisesStatus) and ideal.status is not None
    }


def _patch_python(target: Target, package: Path) -> None:
    source = target.patch.read_text(encoding="utf-8")
    table = f"DOCUMENTED_STATUS = {json.dumps(documented_statuses(target))}"
    (package / "_midstream_patch.py").write_text(source.replace("DOCUMENTED_STATUS = {}", table))
    _append(package / "__init__.py", "from . import _midstream_patch\n_midstream_patch.patch(globals())\n")


def _patch_node(target: Target, package: Path) -> None:
    patch, statuses = package / "midstream_patch.cjs", json.dumps(documented_statuses(target))
    patch.write_bytes(target.patch.read_bytes())
    manifest = msgspec.json.decode((package / "package.json").read_bytes(), type=dict[str, Any])
    for entry in dict.fromkeys(find_entries(manifest)):
        path = package / entry
        loaded = json.dumps(f"./{os.path.relpath(patch, path.parent)}")
        if path.suffix == ".mjs" or (path.suffix == ".js" and manifest.get("type") == "module"):
            _append(
                path,
                f"import midstreamPatch from {loaded};\n"
                f"import * as midstreamSdk from {json.dumps('./' + path.name)};\n"
                f"midstreamPatch.patch(midstreamSdk, {statuses});\n",
            )
        else:
            _append(path, f"require({loaded}).patch(module.exports, {statuses});\n")


def find_entries(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that Node loads for `require` and `import` of a package, by its `package.json`."""
    exports = manifest.get("exports")
    root = exports.get(".", exports) if isinstance(exports, dict) else exports
    if root is None:
        yield manifest.get("main") or "index.js"
        return
    for conditions in ({"require", "node", "default"}, {"import", "node", "default"}):
        entry = _choose(root, conditions)
        if entry is not None:
            yield entry


def _choose(exports: Any, conditions: set[str]) -> str | None:
    """Return the file that the first matching condition leads to, as Node does; None if there is none."""
    if isinstance(exports, str):
        return exports
    if isinstance(exports, list):
        return next(filter(None, (_choose(each, conditions) for each in exports)), None)
    for condition, choice in exports.items() if isinstance(exports, dict) else ():
        if condition in conditions and (entry := _choose(choice, conditions)) is not None:
            return entry
    return None


def _append(entry: Path, text: str) -> None:
    """Write a file anew with more text at its end."""
    source = entry.read_text(encoding="utf-8")
    entry.unlink()
    entry.write_text(f"{source}\n{text}", encoding="utf-8")
