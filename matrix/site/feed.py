"""Write the Atom feed: one entry for each change of behaviour. Pure.

The id of an entry consists of the lane, the Python, and the two tested releases before and after the change. Its time
is the upload of the later release, so the same history gives the same bytes. RFC 4287 defines the format.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from matrix.compare.diff import describe_calls, describe_outcomes
from matrix.compare.history import History, Transition, describe_transition, entry_id, transition_path
from matrix.model import Lane, Release
from matrix.system.text import shorten_versions
from matrix.targets.target import Target

PATH: Final = "changes/atom.xml"
"""The path of the feed in the site."""

_ATOM: Final = "http://www.w3.org/2005/Atom"
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""The characters that XML 1.0 forbids."""


def atom(target: Target, histories: Mapping[Lane, History], releases: Mapping[str, Release], base: str) -> bytes:
    """Write the feed.

    Args:
        target: The package that the releases are of.
        histories: Lane to its history.
        releases: The catalogue.
        base: The address of the site, with a slash at its end; empty if it is not known, and then links are relative
            to the feed.
    """
    top = base or "../" * PATH.count("/")
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    entries = sorted(
        ((releases[change.after].uploaded, lane, history.python, change) for lane, history in histories.items()
         for change in history.transitions),
        key=lambda entry: (entry[0], entry[3].after, entry[1]), reverse=True,
    )  # fmt: skip
    _add(feed, "id", f"{target.urn}:changes")
    _add(feed, "title", f"What changes between releases of {target.title} when a stream fails")
    _add(feed, "updated", _time(entries[0][0] if entries else dt.datetime(2023, 1, 1, tzinfo=dt.UTC)))
    _add(_add(feed, "author"), "name", "midstream")
    _add(feed, "link", rel="self", href=f"{top}{PATH}")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{top}changes/")
    for uploaded, lane, python, transition in entries:
        entry = _add(feed, "entry")
        _add(entry, "id", entry_id(target, lane, python, transition))
        _add(entry, "title", f"{transition.after} ({lane}): {describe_transition(transition)}")
        _add(entry, "updated", _time(uploaded))
        _add(
            entry,
            "link",
            rel="alternate",
            type="text/html",
            href=f"{top}{transition_path(lane, transition)}",
        )
        _add(entry, "category", term=str(lane))
        _add(entry, "content", "\n".join(_lines(transition)), type="text")
    ET.indent(feed)
    written: bytes = ET.tostring(feed, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written + b"\n"


def _lines(transition: Transition) -> Iterator[str]:
    yield f"Between {transition.before} (tested) and {transition.after} (tested)."
    if transition.untested:
        yield f"Untested in between: {shorten_versions(transition.untested)}."
    for change in transition.comparison.changes:
        yield f"{change.severity}: {change.what} ({describe_calls(change.moved)})"
    for effect in transition.comparison.handled:
        calls = describe_calls(effect.moved)
        yield f"{effect.direction} for {effect.handler}: {describe_outcomes([effect])} ({calls})"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        child.text = _FORBIDDEN.sub("\ufffd", text)
    return child


def _time(when: dt.datetime) -> str:
    return when.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
