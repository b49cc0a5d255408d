"""Read `environment.yml`, and conda's requirements: `anthropic=0.45`, `conda-forge::anthropic >=0.40,<1`.

No parser of conda's requirements exists without conda. This module converts the forms that name versions by PEP 440's
operators, by conda's `=0.45` (any 0.45.x) and by a bare version; any other form is a problem. Alternatives (`|`) become
an entry each. I/O: opens the files that the block `pip` names.
"""

import re
from collections.abc import Iterator

from matrix.manifests import yaml
from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.names import is_target
from matrix.manifests.specifiers import ORDER, specifier_of

_LONGEST = 500
"""Characters of a requirement."""

_SPEC = re.compile(r"(?:[^\s:\[]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>.*)", re.DOTALL)
_IN_BRACKETS = re.compile(r"\[(?:.*,)?\s*version\s*=\s*(?P<quote>['\"]?)(?P<version>[^'\"\]]+)(?P=quote)[^\]]*\]")
_WITH_BUILD = re.compile(r"=(?P<version>[^=\s,|]+)=[^=\s]+")


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target, of conda and of the block `pip`."""
    document = yaml.read(source, draft)
    dependencies = document.tables.get("dependencies", [])
    if not isinstance(dependencies, list):
        draft.report(f"`dependencies` must be an array, but is {describe(dependencies)}.")
        return
    for index, item in enumerate(dependencies):
        if isinstance(item, str):
            path = ("dependencies", index)
            if name_of(item) == "python":
                draft.python = draft.python or python_of(item)
            draft.entries += entries(item, "dependencies (conda)", document.lines.get(path, 0), draft)
        elif isinstance(item, dict) and "pip" in item:
            _read_pip(item["pip"], index, document.lines, draft)
        elif not isinstance(item, dict):
            draft.report(f"`dependencies` has an item that is not a requirement: {describe(item)}.")


def _read_pip(items: object, index: int, lines: dict[tuple[str | int, ...], int], draft: Draft) -> None:
    from matrix.manifests.requirements import read_line

    if not isinstance(items, list):
        draft.report(f"`dependencies.pip` must be an array, but is {describe(items)}.")
        return
    for number, item in enumerate(items):
        line = lines.get(("dependencies", index, "pip", number), 0)
        if isinstance(item, str):
            read_line(item, "dependencies.pip", line, draft)
        else:
            draft.report(f"`dependencies.pip` has an item that is not a requirement: {describe(item)}.", line=line)


def entries(spec: str, origin: str, line: int, draft: Draft) -> Iterator[ManifestEntry]:
    """Yield the entries of one requirement of conda, if it is on the target."""
    parsed = _SPEC.fullmatch(spec.strip())
    if parsed is None or not is_target(parsed["name"], draft.target):
        return
    yield from constrained(parsed["rest"], origin, line, draft)


def constrained(constraint: str, origin: str, line: int, draft: Draft) -> Iterator[ManifestEntry]:
    """Yield an entry for each alternative of a constraint on the target."""
    try:
        alternatives = specifiers(constraint)
    except ValueError:
        draft.report(
            f"The requirement on {draft.target.package} is not valid: {describe(constraint)}.",
            "Write conda's form of a version, such as `=0.45` or `>=0.40,<1`.",
            line=line,
        )
        return
    for specifier in alternatives:
        yield ManifestEntry(place=draft.place(line), specifier=specifier, origin=origin)


def name_of(spec: str) -> str:
    """Return the package that a requirement of conda names; empty if it names none."""
    parsed = _SPEC.fullmatch(spec.strip())
    return parsed["name"].lower() if parsed else ""


def python_of(spec: str) -> str:
    """Convert a requirement of conda on Python to a `requires-python` specifier; empty if it has no such form."""
    parsed = _SPEC.fullmatch(spec.strip())
    try:
        alternatives = specifiers(parsed["rest"]) if parsed else []
    except ValueError:
        return ""
    return alternatives[0] if len(alternatives) == 1 else ""


def specifiers(constraint: str) -> list[str]:
    """Convert the versions in a requirement of conda to specifiers, each of which it allows.

    Raises:
        ValueError: The text is not a constraint.
    """
    if len(constraint) > _LONGEST:
        raise ValueError("too long")
    text = constraint.strip()
    if text.startswith("["):
        inner = _IN_BRACKETS.fullmatch(text)
        text = inner["version"] if inner else ""
        if not inner and "version" in constraint:
            raise ValueError("no constraint")
    elif exact := _WITH_BUILD.fullmatch(text):
        text = f"=={exact['version']}"
    text = re.sub(r"\s*([,|])\s*", r"\1", text)
    text = re.sub(r"([<>=!~])\s+", r"\1", text)
    versions = text.split()[0] if text else ""  # a build may follow
    return [
        specifier_of(",".join(_clause(clause.strip("()")) for clause in alternative.split(",")))
        for alternative in (versions.split("|") if versions else [""])
    ]


def _clause(clause: str) -> str:
    """Convert one clause of conda to one of PEP 440."""
    operator = next((each for each in sorted(ORDER, key=len, reverse=True) if clause.startswith(each)), "")
    version = clause[len(operator) :]
    if operator in {"==", "!="}:
        return operator + _starred(version)
    if operator:
        return operator + version.removesuffix("*").removesuffix(".")
    if clause.startswith("="):
        return f"=={clause[1:].removesuffix('*').removesuffix('.')}.*"
    if clause in {"", "*"}:
        return ""
    return f"=={_starred(clause)}"


def _starred(version: str) -> str:
    """Write a version with a star at its end as PEP 440 does: `0.45*` is `0.45.*`."""
    plain = version.removesuffix("*").removesuffix(".")
    return f"{plain}.*" if version.endswith("*") else version
