"""What to write instead of code that breaks a rule: our remedy, or where a package has none, what to look at. Pure."""

from typing import Final

import msgspec

from matrix.findings.model import Finding, Level
from matrix.findings.rules import MISSES, SILENT, UNCHECKED
from matrix.targets.target import Target

REMEDY_CODE: Final = """\
from midstream.remedy import explain, guard  # or a copy of midstream/remedy.py

try:
    for event in guard(stream): ...
except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""Code that decides correctly on every release."""

REMEDY_CODE_WITHOUT_STREAM: Final = """\
from midstream.remedy import explain  # or a copy of midstream/remedy.py

except Exception as error:
    if explain(error).retryable: ...  # try again"""
"""Code that decides correctly on every release where no stream is read."""


def _name_check(target: Target) -> str:
    """Say how to see that a stream was not whole, if it raises nothing."""
    if not target.stream.has_end:
        events = " or ".join(f"`{each}`" for each in sorted(target.stream.failed_events))
        return f"Look for the event that reports a failure: {events}. None says that an answer is whole."
    if target.sdk and not target.stream.end_reasons:
        return "Nothing in the stream tells its end: check that the last answer has all that a whole one has."
    return f"Check that the stream brought its end: {_name_end(target)}."


def _name_end(target: Target) -> str:
    """Name what ends a complete stream: a framework has an attribute of its own, whatever the API sends."""
    reasons = target.stream.end_reasons if target.calls.models or target.sdk else ()
    return " or ".join(f"`{each}`" for each in sorted(reasons)) or target.last_event


def add_hint(target: Target, finding: Finding) -> Finding:
    """Add what to write to a finding about a package for which there is no remedy."""
    hint = ""
    if finding.rule in {SILENT, UNCHECKED}:
        hint = _name_check(target)
    elif finding.rule == MISSES and finding.level is not Level.NOTE:
        ways = f"`{target.command} list handlers` has ways to, and what they miss"
        names = target.name_attributes("`")
        hint = (
            f"Catch them otherwise: {ways}." if target.maps_stream_errors else f"Read {names}, not the status: {ways}."
        )
    return msgspec.structs.replace(finding, instead=hint) if hint else finding
