"""Data of somebody who wants to control a page, a feed or a terminal."""

import datetime as dt
from pathlib import Path
from typing import Final

import msgspec

from matrix.model import Cell, Distribution, Lane, Release
from matrix.observation import Behaviour, Delivery, Observation, Outcome, Raised, Result
from matrix.store import documents
from matrix.store.documents import encode
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.summary import summarise
from tests.site.test_report import PYTHON, behaviour, result

MARKUP: Final = (
    "</pre></code><script>window.canary = 1</script><script-canary>",
    "<img src=x onerror='window.canary = 1'><svg/onload=window.canary=1>",
    "\"' onmouseover=\"window.canary = 1\" autofocus onfocus='window.canary = 1' x=",
    "</title></style></textarea><!-- ]]> <![CDATA[ &#60;script-canary> -->",
    "{{ 7 * 7 }}{% raw %}{# #}${7*7}",
    "javascript:window.canary=1",
)
"""Text that a page might take for its own markup."""

CONTROL: Final = (
    "".join(map(chr, (*range(32), 0x7F, *range(0x80, 0xA0)))),
    "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "\u202egnp.exe\u202c \u2066\u2067\u2069 \u200f\u061c\ufeff\u2028\u2029\u200b\U000e0041\ufffe",
)
"""Text that a terminal, a reader or XML might obey: control characters, and characters that reverse text."""

HOSTILE: Final = " ".join((*MARKUP, *CONTROL))

LARGE: Final = "<script>window.canary = 1</script>" * 30_000
"""A megabyte, as long as a response body in an exception of an SDK."""

VERSION: Final = '1.0"><script>window.canary = 1</script>'
"""A text that is no version of PEP 440."""


def write(folder: Path) -> None:
    """Write data of three releases: the newest is hostile in every text, and one can't be installed."""
    store = Store(folder, ANTHROPIC)
    releases = (release("0.2.0", 1), release("0.3.0", 2, HOSTILE), release("0.4.0", 3, HOSTILE))
    store.put_releases({release.version: release for release in releases})
    broken = msgspec.structs.replace(_result({}), outcome=Outcome.CANNOT_INSTALL, lock=None, reason=HOSTILE)
    with store.writing():
        for lane in Lane:
            store.put(Cell("0.2.0", lane, PYTHON), _result(behaviour()))
            store.put(Cell("0.3.0", lane, PYTHON), broken)
            store.put(Cell("0.4.0", lane, PYTHON), _result(_turned(behaviour(typed=True))))
        store.put_judgements({digest: summarise(ANTHROPIC, store.behaviour(digest)) for digest in store.behaviours()})


def forge(folder: Path, version: str) -> None:
    """Write a catalogue with a right digest that lists a release of this version."""
    listed = encode(release("1", 1)).replace(b'"version":"1"', b'"version":' + encode(version))
    line = encode(version) + b": " + listed
    (folder / documents.RELEASES).write_bytes(documents.seal(documents.RELEASES, line))


def release(version: str, day: int, text: str | None = None) -> Release:
    """Make a release of which all but the version is hostile, if there is a text."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, day, tzinfo=dt.UTC),
        requires_python=text,
        yanked=text,
        wheels=(Distribution(filename=text or f"anthropic-{version}-py3-none-any.whl", sha256="0" * 64, size=1),),
    )


def _result(behaviour: Behaviour) -> Result:
    return msgspec.structs.replace(result(behaviour), suite=ANTHROPIC.digest)


def _turned(behaviour: Behaviour) -> Behaviour:
    return {
        call: _hostile(observation, LARGE if call.scenario == "mid-api_error" else HOSTILE)
        for call, observation in behaviour.items()
    }


def _hostile(observation: Observation, text: str) -> Observation:
    if observation.exception is None:
        return msgspec.structs.replace(
            observation, delivered=Delivery(events=(HOSTILE,), text=text, stop_reason=HOSTILE)
        )
    exception = Raised(
        name=f"anthropic.{HOSTILE}",
        bases=(HOSTILE,),
        exported=False,
        attributes=dict.fromkeys(("status_code", "type", "request_id"), HOSTILE),
        text=text,
        message=text,
        body={HOSTILE: text},
    )
    return msgspec.structs.replace(observation, exception=exception, handlers={"any-exception": f"crashed: {HOSTILE}"})
