"""What the publish gate says, as text and as Markdown for a job's summary and for an issue. Pure."""

from collections.abc import Iterator

from matrix.findings.formats.markdown import code, escaped, prose
from matrix.service.gate import NEVER, Gate, Ruling
from matrix.service.issues import Issue, make_issue
from matrix.system.text import counted, one_line, visible


def render_text(gate: Gate) -> str:
    """For a terminal."""
    return "\n".join([*_lines(gate), summarise(gate)]) + "\n"


def summarise(gate: Gate) -> str:
    """What it comes to."""
    about = f"{counted(gate.cells, 'cell')} of {counted(gate.releases, 'release')}, suite {gate.suite}"
    if gate.refused:
        return f"Refused by {', '.join(one.rule for one in gate.refused)}: {about}. What is published stays."
    accepted = [one.rule for one in gate.rulings if one.accepted]
    more = f" Accepted by hand: {', '.join(accepted)}." if accepted else ""
    return f"May be published: {about}.{more}"


def _lines(gate: Gate) -> Iterator[str]:
    width = max(len(one.rule) for one in gate.rulings)
    for one in gate.rulings:
        yield f"{_sign(one)} {one.rule:<{width}}  {one.title}: {visible(one.found)}"
        if not one.holds:
            yield from (f"    {one_line(detail)}" for detail in one.details)
            yield f"    What to do: {one.todo}"


def _sign(one: Ruling) -> str:
    return "✓" if one.holds else "!" if one.accepted else "✗"


def render_markdown(gate: Gate) -> str:
    """For the summary of a job, and for the issue that a refusal opens."""
    parts = [f"## midstream: {'refused' if gate.refused else 'may be published'}\n\n{prose(summarise(gate))}\n"]
    parts.append("\n| | Rule | Must hold | Found |\n|---|---|---|---|")
    for one in gate.rulings:
        word = "✓ holds" if one.holds else "! accepted" if one.accepted else "✗ refused"
        parts.append(f"\n| {word} | {code(one.rule)} | {escaped(one.title)} | {escaped(one.found)} |")
    for one in gate.rulings:
        if not one.holds:
            parts.append(f"\n\n### {code(one.rule)}\n\n{escaped(one.found)}\n")
            parts += [f"\n- {escaped(detail)}" for detail in one.details]
            parts.append(f"\n\nWhat to do: {prose(one.todo)}")
    return "".join(parts) + "\n"


def refusal_issues(gate: Gate, run: str = "") -> tuple[Issue, ...]:
    """The issue that a refusal opens, once for the same rules; none if nothing was refused.

    Args:
        gate: What the rules found.
        run: The address of the run; empty if it is not known.
    """
    if not gate.refused:
        return ()
    rules = [one.rule for one in gate.refused]
    how = "The last good page stays. " + (
        "Nobody can accept this: run again."
        if NEVER.intersection(rules)
        else "To publish all the same, start the workflow by hand with these rules in its input `accept`: "
        f"`{' '.join(rules)}`."
    )
    where = f"\n\nThe run: {escaped(run)}" if run else ""
    body = f"{render_markdown(gate)}\n{prose(how)}{where}\n"
    ids = [f"urn:midstream:refused:{'+'.join(rules)}"]
    return (make_issue(ids, f"New data was refused: {', '.join(rules)}", body, ["midstream", "refused"]),)
