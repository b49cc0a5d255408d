"""What is new, as Markdown: for a job's summary, a pull request, a release's notes; and the issues that it opens. Pure.

Whatever comes from data is escaped, so that no version, no message of an exception and no name of a class becomes a
link, a tag or a mention.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from matrix.compare.diff import Change, Comparison, HandlerChange, describe_calls, example
from matrix.compare.facets import WORSE
from matrix.compare.platforms import PlatformComparison
from matrix.findings.formats.markdown import code, escaped
from matrix.service.announcement import Announcement, Drift, NewChange, summarise
from matrix.service.issues import Issue, make_issue
from matrix.system.text import counted, one_line
from matrix.targets.target import Target

_CHANGES: Final = 12
"""Changes that are told in full; the page has all."""
_VALUE: Final = 200
"""Characters of a value."""
_VERSIONS: Final = 12


def render_markdown(target: Target, found: Announcement, base: str = "") -> str:
    """All of it; empty if nothing moved.

    Args:
        target: What was measured.
        found: What is new.
        base: The address of the site, with a slash at its end; empty if it is not known, and then nothing is linked.
    """
    if found.is_empty:
        return ""
    return f"## midstream: {escaped(summarise(found))}\n" + "".join(_parts(found, base)) + "\n"


def _parts(found: Announcement, base: str) -> Iterator[str]:
    if found.suites:
        yield f"\nMeasured with another suite: {code(found.suites[-1])}; before {code(found.suites[0])}.\n"
    if found.releases:
        yield "\n### New releases\n"
        for one in found.releases:
            known = "" if one.listed else " (known, measured for the first time)"
            yield f"\n- **{_release(one.version, base)}**{known}: {escaped('; '.join(one.does))}"
        yield "\n"
    for title, changes in (
        ("New behaviour", [one for one in found.changes if one.by_release]),
        ("Where behaviour changes now, and did not before", [one for one in found.changes if not one.by_release]),
    ):
        if changes:
            yield f"\n### {title}\n"
            for change in changes:
                lanes = ", ".join(change.lanes)
                yield f"\n- {_between(change, base)} ({lanes}): {escaped(change.says)}"
            yield "\n"
    if found.drift:
        yield "\n### Measured before, and another now\n"
        for drift in found.drift:
            yield f"\n- {_versions(drift, base)} ({drift.lane}): {escaped(drift.says)}{_because(drift)}"
        yield "\n"
    for title, versions in (("No longer listed", found.vanished), ("Yanked", found.yanked)):
        if versions:
            yield f"\n{title}: {escaped(', '.join(versions))}.\n"


def announcement_issues(target: Target, found: Announcement, base: str = "") -> tuple[Issue, ...]:
    """One for each behaviour that a new release brings, and one for each way in which releases became unusable."""
    opened = [_of_change(target, one, found.python, base) for one in found.changes if one.by_release]
    return (*opened, *(_of_drift(one, found.python, base) for one in found.drift if one.unusable))


def render_platforms(target: Target, found: Sequence[PlatformComparison], system: str) -> str:
    """What was measured on another system or Python, beside the record: for the summary of a job."""
    parts = [f"## midstream on {escaped(system)}\n"]
    if not found:
        parts.append("\nNothing was measured here; the log says why.\n")
    for one in found:
        parts.append(f"\n### {escaped(str(one.cell))}\n\n")
        beside = f"{counted(one.observations, 'observation')}, beside {escaped(str(one.recorded or 'nothing'))}. "
        if one.says:
            parts.append(f"{beside}Nothing to compare: {escaped(one.says)}.\n")
        elif not one.comparison.changes and not one.comparison.handled:
            parts.append(f"{beside}The same to a caller as in the record.\n")
        else:
            parts.append(f"{beside}{counted(len(one.comparison.changes), 'thing')} a caller sees otherwise.\n")
            parts += _compared(target, one.comparison)
            parts.append("\n")
        if one.dependencies:
            parts.append(f"\nOther dependencies: {escaped(_moved_pins(one.dependencies))}.\n")
    return "".join(parts)


def _of_change(target: Target, change: NewChange, python: str, base: str) -> Issue:
    lanes = " and ".join(change.lanes)
    body = (
        f"{_release(change.after, base)} does not behave as {_release(change.before, base)} does when a stream fails "
        f"(dependencies: {lanes}; Python {python}): {escaped(change.says)}.\n"
        f"{''.join(_compared(target, change.comparison))}\n\n### Evidence\n\n{_commands(target, change)}"
    )
    if base:
        body += f"\n\n[On the page]({base}{change.page})"
    return make_issue(
        change.ids, one_line(f"{change.after}: {change.says}", _VALUE), body, ["midstream", "new-behaviour"]
    )


def _commands(target: Target, change: NewChange) -> str:
    moved = [moved for one in change.comparison.changes for moved in one.moved]
    lane = change.lanes[0]
    lines = [f"matrix diff {change.before}:{lane} {change.after}:{lane}"]
    for one in [example(target, moved)] if moved else []:
        lines += [
            f"matrix explain {version}:{lane} {one.scenario} {one.surface}" for version in (change.before, change.after)
        ]
    return "\n".join(f"- {code(line)}" for line in lines)


def _of_drift(drift: Drift, python: str, base: str) -> Issue:
    id_ = f"urn:midstream:unusable:{drift.lane}:{python}:{drift.versions[0]}:{drift.versions[-1]}"
    body = (
        f"{_versions(drift, base)} can't be used any more with the dependencies of {drift.lane} "
        f"(Python {python}): {escaped(drift.unusable)}.{_because(drift)}\n\n"
        f"Played again by {code(f'matrix reproduce {drift.versions[-1]} --lane {drift.lane}')}"
    )
    named = drift.versions[0] if len(drift.versions) == 1 else f"{drift.versions[0]} to {drift.versions[-1]}"
    return make_issue([id_], one_line(f"{named} ({drift.lane}): {drift.says}", _VALUE), body, ["midstream", "unusable"])


def _compared(target: Target, comparison: Comparison) -> Iterator[str]:
    """The changes, worst first, each with an example; then what they do to ways of catching."""
    if comparison.changes:
        yield "\n### What is seen, worst first\n"
    for one in comparison.changes[:_CHANGES]:
        yield _change(target, one)
    if len(comparison.changes) > _CHANGES:
        yield f"\n- and {len(comparison.changes) - _CHANGES} more"
    if comparison.handled:
        yield "\n\n### For the way people catch errors\n"
    for handled in comparison.handled[:_CHANGES]:
        yield _handled(handled)
    if len(comparison.handled) > _CHANGES:
        yield f"\n- and {len(comparison.handled) - _CHANGES} more"


def _change(target: Target, one: Change) -> str:
    first = example(target, one.moved)
    said = f"**{one.severity}**" if one.severity in WORSE else one.severity
    shown = f"{first.call}: {_value(first.before)} before, {_value(first.after)} now"
    calls = f"{counted(len(one.moved), 'call')} ({escaped(describe_calls(one.moved))})"
    return f"\n- {said}: {escaped(one.what)}, on {calls}\n  - {shown}"


def _handled(one: HandlerChange) -> str:
    word = "**worse**" if one.is_worse else "better"
    return f"\n- {word}: {code(one.handler)} {one.before} → {one.after} ({escaped(describe_calls(one.moved))})"


def _value(text: str) -> str:
    return code(one_line(text, _VALUE))


def _between(change: NewChange, base: str) -> str:
    said = f"{escaped(change.before)} → {escaped(change.after)}"
    return f"[{said}]({base}{change.page})" if base else said


def _release(version: str, base: str) -> str:
    return f"[{escaped(version)}]({base}releases/{version}/)" if base else escaped(version)


def _versions(drift: Drift, base: str) -> str:
    named = [_release(version, base) for version in drift.versions[:_VERSIONS]]
    more = f" and {len(drift.versions) - _VERSIONS} more" if len(drift.versions) > _VERSIONS else ""
    return ", ".join(named) + more


def _because(drift: Drift) -> str:
    if not drift.dependencies:
        return ""
    return f". What moved in their locks: {escaped(_moved_pins(drift.dependencies))}"


def _moved_pins(dependencies: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name} {before or 'none'} → {after or 'none'}" for name, (before, after) in dependencies.items())
