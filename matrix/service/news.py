"""Renders announcements as Markdown and as issues, and comparisons of platforms as Markdown. Pure.

All text from the data is escaped, so that no version, exception message or class name becomes a link, a tag or a
mention.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from matrix.compare.diff import Change, Comparison, HandlerChange, describe_calls, describe_outcomes, example
from matrix.compare.facets import WORSE
from matrix.compare.platforms import PlatformComparison
from matrix.findings.formats.markdown import code, escaped
from matrix.model import runtime_title
from matrix.service.announcement import Announcement, Drift, NewChange, summarise
from matrix.service.issues import Issue, make_issue
from matrix.system.text import counted, one_line
from matrix.targets.target import Target

_CHANGES: Final = 12
"""Limit for the listed changes; the site lists all."""
_VALUE: Final = 200
"""Limit for a value, in characters."""
_VERSIONS: Final = 12
"""Limit for the listed versions of a drift."""


def render_markdown(target: Target, announcement: Announcement, base: str = "") -> str:
    """Render an announcement; the text is empty if nothing is new.

    Args:
        target: The measured target.
        announcement: What is new.
        base: The address of the site, with a slash at its end; if empty, the text has no links.
    """
    if announcement.is_empty:
        return ""
    return f"## {target.id}: {escaped(summarise(announcement))}\n{''.join(_parts(target, announcement, base))}\n"


def _parts(target: Target, announcement: Announcement, base: str) -> Iterator[str]:
    if announcement.suites:
        before, after = announcement.suites
        yield f"\nThe suite changed: {code(before)} measured the published data, {code(after)} the new data.\n"
    if announcement.releases:
        yield "\n### New releases\n"
        for release in announcement.releases:
            note = "" if release.listed else " (listed before, measured for the first time)"
            yield f"\n- **{_release(target, release.version, base)}**{note}: {escaped('; '.join(release.does))}"
        yield "\n"
    for title, changes in (
        ("New behaviour", [change for change in announcement.changes if change.by_release]),
        (
            "Releases where behaviour now changes, because of drift",
            [change for change in announcement.changes if not change.by_release],
        ),
    ):
        if changes:
            yield f"\n### {title}\n"
            for change in changes:
                lanes = ", ".join(change.lanes)
                yield f"\n- {_between(change, base)} ({lanes}): {escaped(change.says)}"
            yield "\n"
    if announcement.drift:
        yield "\n### Releases that were measured before and now differ\n"
        for drift in announcement.drift:
            where = _versions(target, drift, base)
            yield f"\n- {where} ({drift.lane}): {escaped(drift.says)}{_name_dependencies(drift)}"
        yield "\n"
    for title, versions in (("No longer listed", announcement.vanished), ("Yanked", announcement.yanked)):
        if versions:
            yield f"\n{title}: {escaped(', '.join(versions))}.\n"


def announcement_issues(target: Target, announcement: Announcement, base: str = "") -> tuple[Issue, ...]:
    """Make an issue for each behaviour that a new release brings, and for each drift that made releases unusable."""
    python = announcement.python
    of_changes = [_change_issue(target, change, python, base) for change in announcement.changes if change.by_release]
    return (*of_changes, *(_drift_issue(target, drift, python, base) for drift in announcement.drift if drift.unusable))


def render_platforms(target: Target, platforms: Sequence[PlatformComparison], system: str) -> str:
    """Compare what another system or Python measured with the data of record, for the summary of a job."""
    parts = [f"## midstream on {escaped(system)}\n"]
    if not platforms:
        parts.append("\nNothing was measured here. The log of the job says why.\n")
    for platform in platforms:
        parts.append(f"\n### {escaped(str(platform.cell))}\n\n")
        recorded = escaped(str(platform.recorded or "nothing"))
        measured = f"{counted(platform.observations, 'observation')}, compared with {recorded}. "
        if platform.says:
            parts.append(f"{measured}Nothing to compare: {escaped(platform.says)}.\n")
        elif not platform.comparison.changes and not platform.comparison.handled:
            parts.append(f"{measured}A caller sees the same as in the data of record.\n")
        else:
            parts.append(f"{measured}{counted(len(platform.comparison.changes), 'difference')} that a caller sees.\n")
            parts += _compared(target, platform.comparison)
            parts.append("\n")
        if platform.dependencies:
            parts.append(f"\nDependencies that differ: {escaped(_moved_pins(platform.dependencies))}.\n")
    return "".join(parts)


def _change_issue(target: Target, change: NewChange, python: str, base: str) -> Issue:
    lanes = " and ".join(change.lanes)
    before, after = (_release(target, version, base) for version in (change.before, change.after))
    body = (
        f"{after} behaves differently from {before} when a stream fails "
        f"(dependencies: {lanes}; {runtime_title(python)}): {escaped(change.says)}.\n"
        f"{''.join(_compared(target, change.comparison))}\n\n### Evidence\n\n{_commands(target, change)}"
    )
    if base:
        body += f"\n\n[Show the change on the site]({base}{change.page})"
    return make_issue(
        change.ids, one_line(f"{target.id} {change.after}: {change.says}", _VALUE), body, ["midstream", "new-behaviour"]
    )


def _commands(target: Target, change: NewChange) -> str:
    moved = [facet_change for difference in change.comparison.changes for facet_change in difference.moved]
    lane = change.lanes[0]
    lines = [f"{target.command} diff {change.before}:{lane} {change.after}:{lane}"]
    for facet_change in [example(target, moved)] if moved else []:
        lines += [
            f"{target.command} explain {version}:{lane} {facet_change.scenario} {facet_change.surface}"
            for version in (change.before, change.after)
        ]
    return "\n".join(f"- {code(line)}" for line in lines)


def _drift_issue(target: Target, drift: Drift, python: str, base: str) -> Issue:
    id_ = f"{target.urn}:unusable:{drift.lane}:{python}:{drift.versions[0]}:{drift.versions[-1]}"
    body = (
        f"{_versions(target, drift, base)} can no longer be used with the dependencies of {drift.lane} "
        f"({runtime_title(python)}): {escaped(drift.unusable)}.{_name_dependencies(drift)}\n\n"
        f"To measure it again, run {code(f'{target.command} reproduce {drift.versions[-1]} --lane {drift.lane}')}"
    )
    named = drift.versions[0] if len(drift.versions) == 1 else f"{drift.versions[0]} to {drift.versions[-1]}"
    return make_issue(
        [id_], one_line(f"{target.id} {named} ({drift.lane}): {drift.says}", _VALUE), body, ["midstream", "unusable"]
    )


def _compared(target: Target, comparison: Comparison) -> Iterator[str]:
    """List the changes, worst first, each with an example; then the handlers whose outcome changed."""
    if comparison.changes:
        yield "\n### What a caller sees, worst first\n"
    for change in comparison.changes[:_CHANGES]:
        yield _change(target, change)
    if len(comparison.changes) > _CHANGES:
        yield f"\n- and {len(comparison.changes) - _CHANGES} more"
    if comparison.handled:
        yield "\n\n### Handlers whose outcome changed\n"
    for handled in comparison.handled[:_CHANGES]:
        yield _handled(handled)
    if len(comparison.handled) > _CHANGES:
        yield f"\n- and {len(comparison.handled) - _CHANGES} more"


def _change(target: Target, change: Change) -> str:
    first = example(target, change.moved)
    severity = f"**{change.severity}**" if change.severity in WORSE else change.severity
    shown = f"{first.call}: {_value(first.before)} before, {_value(first.after)} now"
    calls = f"{counted(len(change.moved), 'call')} ({escaped(describe_calls(change.moved))})"
    return f"\n- {severity}: {escaped(change.what)}, on {calls}\n  - {shown}"


def _handled(change: HandlerChange) -> str:
    word = f"**{change.direction}**" if change.is_worse else change.direction
    calls = escaped(describe_calls(change.moved))
    return f"\n- {word} for {code(change.handler)}: {describe_outcomes([change])} ({calls})"


def _value(text: str) -> str:
    return code(one_line(text, _VALUE))


def _between(change: NewChange, base: str) -> str:
    releases = f"{escaped(change.before)} → {escaped(change.after)}"
    return f"[{releases}]({base}{change.page})" if base else releases


def _release(target: Target, version: str, base: str) -> str:
    return f"[{escaped(version)}]({base}{target.site_path}releases/{version}/)" if base else escaped(version)


def _versions(target: Target, drift: Drift, base: str) -> str:
    named = [_release(target, version, base) for version in drift.versions[:_VERSIONS]]
    more = f" and {len(drift.versions) - _VERSIONS} more" if len(drift.versions) > _VERSIONS else ""
    return ", ".join(named) + more


def _name_dependencies(drift: Drift) -> str:
    if not drift.dependencies:
        return ""
    return f". Changed dependencies: {escaped(_moved_pins(drift.dependencies))}"


def _moved_pins(dependencies: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{name} {before or 'none'} → {after or 'none'}" for name, (before, after) in dependencies.items())
