"""Renders the rulings of the publish gate as text, as Markdown, and as the issue that a refusal opens. Pure."""

from collections.abc import Iterator

from matrix.findings.formats.markdown import code, escaped, prose
from matrix.service.gate import NEVER, Gate, Ruling
from matrix.service.issues import Issue, make_issue
from matrix.system.text import counted, name_target, one_line, visible
from matrix.targets.target import Target


def render_text(gate: Gate) -> str:
    """Render the rulings for a terminal."""
    return "\n".join([*_lines(gate), *_held_lines(gate), summarise(gate)]) + "\n"


def summarise(gate: Gate) -> str:
    """Say in one line whether the new data may be published."""
    about = f"{counted(gate.cells, 'cell')} of {counted(gate.releases, 'release')}, suite {gate.suite}"
    if gate.refused:
        return f"Refused by {', '.join(ruling.rule for ruling in gate.refused)}: {about}. The published data stays."
    accepted = [ruling.rule for ruling in gate.rulings if ruling.accepted]
    more = f" Accepted by hand: {', '.join(accepted)}." if accepted else ""
    held = f" Held back: {', '.join(release.version for release in gate.held_back)}." if gate.held_back else ""
    return f"May be published: {about}.{more}{held}"


def _lines(gate: Gate) -> Iterator[str]:
    width = max(len(ruling.rule) for ruling in gate.rulings)
    for ruling in gate.rulings:
        yield f"{_sign(ruling)} {ruling.rule:<{width}}  {ruling.title}: {visible(ruling.found)}"
        if not ruling.holds:
            yield from (f"    {one_line(detail)}" for detail in ruling.details)
            yield f"    What to do: {ruling.todo}"


def _held_lines(gate: Gate) -> Iterator[str]:
    if gate.held_back:
        yield "Held back, so that the others can be published; their published results stay:"
        yield from (
            f"    {one_line(release.version)} ({release.rule}): {one_line(release.reason)}"
            for release in gate.held_back
        )


def _sign(ruling: Ruling) -> str:
    return "✓" if ruling.holds else "!" if ruling.accepted else "✗"


def render_markdown(target: Target, gate: Gate) -> str:
    """Render the rulings for the summary of a job, and for the issue that a refusal opens."""
    parts = [f"## {target.id}: {'refused' if gate.refused else 'may be published'}\n\n{prose(summarise(gate))}\n"]
    parts.append("\n| | Rule | Must hold | Found |\n|---|---|---|---|")
    for ruling in gate.rulings:
        word = "✓ holds" if ruling.holds else "! accepted" if ruling.accepted else "✗ refused"
        parts.append(f"\n| {word} | {code(ruling.rule)} | {escaped(ruling.title)} | {escaped(ruling.found)} |")
    for ruling in gate.rulings:
        if not ruling.holds:
            parts.append(f"\n\n### {code(ruling.rule)}\n\n{escaped(ruling.found)}\n")
            parts += [f"\n- {escaped(detail)}" for detail in ruling.details]
            parts.append(f"\n\nWhat to do: {prose(name_target(ruling.todo, target.command))}")
    if gate.held_back:
        parts.append("\n\n### Held back\n\nThe others can be published; the published results of these stay.\n")
        parts += [
            f"\n- {code(release.version)} ({code(release.rule)}): {escaped(release.reason)}"
            for release in gate.held_back
        ]
    return "".join(parts) + "\n"


def refusal_issues(target: Target, gate: Gate, run: str = "") -> tuple[Issue, ...]:
    """Make the issue that a refusal opens: one for each target and set of rules, none if no rule refused.

    Args:
        target: The target of the data.
        gate: The rulings.
        run: The address of the workflow run; empty if it is not known.
    """
    if not gate.refused:
        return ()
    rules = [ruling.rule for ruling in gate.refused]
    how = "The published data stays. " + (
        "Nobody can accept this: measure again."
        if NEVER.intersection(rules)
        else "To publish the new data all the same, start the workflow by hand with "
        f"`{target.id}` in its input `target` and these rules in its input `accept`: `{' '.join(rules)}`."
    )
    where = f"\n\nThe run: {escaped(run)}" if run else ""
    body = f"{render_markdown(target, gate)}\n{prose(how)}{where}\n"
    ids = [f"{target.urn}:refused:{'+'.join(rules)}"]
    return (
        make_issue(
            ids, f"The gate refused new data of {target.id}: {', '.join(rules)}", body, ["midstream", "refused"]
        ),
    )
