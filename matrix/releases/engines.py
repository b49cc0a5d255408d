"""Say whether a range of `engines.node` in a package of npm admits a version of Node. Pure."""

import re
from typing import Final

_HYPHEN: Final = re.compile(r"(\S+)\s+-\s+(\S+)")
_PART: Final = re.compile(
    r"(?P<operator>[<>]=?|[=^~]?)\s*v?(?P<major>\d+)(?:\.(?P<minor>\d+|[xX*]))?(?:\.(?P<patch>\d+|[xX*]))?"
)


def admits_node(wanted: str, version: str) -> bool:
    """Return whether a range admits a version such as `24.19.0`, or some version of a line such as `24`.

    A range that can't be read admits none, as for npm.
    """
    from poetry.core.constraints.version import parse_constraint  # reads ^, ~ and ||; few commands need it

    spelled = _PART.sub(_spell, _HYPHEN.sub(r">=\1 <=\2", wanted.strip()))
    try:
        admitted = parse_constraint(re.sub(r"\b[xX]\b", "*", spelled) or "*")
        return admitted.allows_any(parse_constraint(version if version.count(".") == 2 else f"{version}.*"))
    except ValueError:
        return False


def _spell(part: re.Match[str]) -> str:
    """Spell a comparison so that Poetry's reader takes it as npm does: `18` is `18.*`, and `<=18` is `<19`."""
    operator = part["operator"].removeprefix("=")
    numbers = [part["major"], *(each for each in (part["minor"], part["patch"]) if each and each.isdigit())]
    if operator in ("<=", ">") and len(numbers) < 3:
        operator, numbers[-1] = {"<=": "<", ">": ">="}[operator], str(int(numbers[-1]) + 1)
    return operator + ".".join(numbers) + (".*" if not operator and len(numbers) < 3 else "")
