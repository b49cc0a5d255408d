"""Data as somebody would write it who wants a page, a feed or a terminal to do something."""

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
"""What a page might take for its own."""

CONTROL: Final = (
    "".join(map(chr, (*range(32), 0x7F, *range(0x80, 0xA0)))),
    "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "\u202egnp.exe\u202c \u2066\u2067\u2069 \u200f\u061c\ufeff\u2028\u2029\u200b\U000e0041\ufffe",
)
"""What a terminal, a reader or XML might obey: control characters, and such as turn the direction of what follows."""

HOSTILE: Final = " ".join((*MARKUP, *CONTROL))

LARGE: Final = "<script>window.canary = 1</script>" * 30_000
"""A megabyte, as long as an SDK puts the body of a response into its exception."""

VERSION: Final = '1.0"><script>window.canary = 1</script>'
"""No version of PEP 440."""


def write(folder: Path) -> None:
    """Write the data: of three releases the newest says nothing that is not hostile, and one can't be installed."""
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
    """Write a catalogue by hand, with the right digest, that lists a release of this version."""
    listed = encode(release("1", 1)).replace(b'"version":"1"', b'"version":' + encode(version))
    line = encode(version) + b": " + listed
    digest = documents._digest("releases", line)
    (folder / documents.RELEASES).write_bytes(documents._head("releases", digest) + line + documents._END)


def release(version: str, day: int, text: str | None = None) -> Release:
    """A release of which all but the version is hostile, if there is a text."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, day, tzinfo=dt.UTC),
        requires_python=text,
        yanked=text,
        wheels=(Distribution(filename=text or f"anthropic-{version}-py3-none-any.whl", sha256="0" * 64, size=1),),
    )


def _result(seen: Behaviour) -> Result:
    return msgspec.structs.replace(result(seen), suite=ANTHROPIC.digest)


def _turned(seen: Behaviour) -> Behaviour:
    return {call: _hostile(one, LARGE if call.scenario == "mid-api_error" else HOSTILE) for call, one in seen.items()}


def _hostile(seen: Observation, text: str) -> Observation:
    if seen.exception is None:
        return msgspec.structs.replace(seen, delivered=Delivery(events=(HOSTILE,), text=text, stop_reason=HOSTILE))
    exception = Raised(
        name=f"anthropic.{HOSTILE}",
        bases=(HOSTILE,),
        exported=False,
        attributes=dict.fromkeys(("status_code", "type", "request_id"), HOSTILE),
        text=text,
        message=text,
        body={HOSTILE: text},
    )
    return msgspec.structs.replace(seen, exception=exception, handlers={"any-exception": f"crashed: {HOSTILE}"})
