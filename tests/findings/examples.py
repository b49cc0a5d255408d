"""Example reports, one for each exit of a command, and the texts that a hostile file may contain."""

import datetime as dt
from typing import Final

from hypothesis import strategies as st

from matrix.findings.model import (
    Diagnosis,
    Finding,
    InstalledRelease,
    Level,
    Place,
    Problem,
    Report,
    Rule,
    State,
    Subject,
    WorstFinding,
)

SUITE: Final = "3f1c9a5be20d"
MEASURED: Final = dt.date(2026, 11, 23)

MISSED: Final = Rule(
    id="overload-missed",
    title="An overload inside a stream is not retried",
    help="The handler asks for a status code that no release gives to an error inside a stream.",
)
MISSING_CLASS: Final = Rule(
    id="missing-class",
    title="The handler itself crashes",
    help="This release has no such attribute, so the `except` clause raises AttributeError and loses the error.",
)
SILENT_END: Final = Rule(
    id="silent-end",
    title="A stream that is cut short ends without an exception",
    help="Check that a `message_stop` event came, or let `guard` do it.",
)
NO_TYPE: Final = Rule(
    id="no-error-type",
    title="The error has no `type`",
    help="Before 0.87.0 only `error.body` names the error.",
)

CUT: Final = Finding(
    rule="silent-end",
    level=Level.NOTE,
    message="A stream that is cut short ends without any exception in this release.",
)

FINE: Final = Report(
    command="check",
    version="0.1.0",
    measured=MEASURED,
    suite=SUITE,
    catching=("error-type",),
    subjects=(
        Subject(
            place=Place("pyproject.toml", 14, 5),
            text="anthropic>=0.87,<3",
            about="allows 41 releases, 0.87.0 to 2.12.0; today 2.12.0 is installed",
            release="2.12.0",
        ),
        Subject(place=Place("uv.lock", 212), text="anthropic==2.12.0", release="2.12.0", findings=(CUT,)),
    ),
    rules=(SILENT_END,),
)

PINNED: Final = Report(
    command="check",
    version="0.1.0",
    measured=MEASURED,
    suite=SUITE,
    catching=("class-overloaded", "status-429-529"),
    subjects=(
        Subject(
            place=Place("uv.lock", 12),
            text="anthropic==0.45.0",
            about="allows one release: 0.45.0",
            release="0.45.0",
            state=State.FINDING,
            findings=(
                Finding(
                    rule="missing-class",
                    level=Level.ERROR,
                    message="`except anthropic.OverloadedError` raises AttributeError: 0.45.0 has no such class, so "
                    "the handler itself crashes whenever a stream fails.",
                    instead="pin anthropic>=0.87 and ask `error.type`, or use `explain` of midstream.remedy.",
                ),
                Finding(
                    rule="overload-missed",
                    level=Level.WARNING,
                    message="`error.status_code == 529` misses an overload inside a stream: its status code is 200.",
                    instead="from midstream.remedy import explain\n\n"
                    "except anthropic.APIError as error:\n    if explain(error).retryable:\n        ...",
                ),
                CUT,
            ),
        ),
    ),
    rules=(MISSING_CLASS, MISSED, SILENT_END),
)


def _catch(line: int, text: str, *findings: Finding, path: str = "app/stream.py") -> Subject:
    return Subject(
        place=Place(path, line, 5),
        text=text,
        release="0.52.2",
        state=State.FINDING if any(each.level is not Level.NOTE for each in findings) else State.FINE,
        findings=findings,
    )


SCANNED: Final = Report(
    command="scan",
    version="0.1.0",
    measured=MEASURED,
    suite=SUITE,
    subjects=(
        _catch(31, "except anthropic.APIError as error"),
        _catch(
            58,
            "except anthropic.OverloadedError",
            Finding(
                rule="missing-class",
                level=Level.ERROR,
                message="0.52.2 has no `OverloadedError`: the handler itself crashes.",
                instead="`except anthropic.APIStatusError as error`, and `explain(error).retryable`",
            ),
        ),
        _catch(
            77,
            "except (anthropic.RateLimitError, anthropic.InternalServerError, anthropic.APIConnectionError)",
            Finding(
                rule="overload-missed",
                level=Level.WARNING,
                message="Of 14 errors inside a stream that another attempt would help with, this retries none.",
            ),
        ),
        _catch(
            58,
            "if error.type == 'overloaded_error'",
            Finding(
                rule="no-error-type",
                level=Level.WARNING,
                message="`error.type` is not there before 0.87.0.",
                instead="`error.body`, or a release from 0.87.0 on",
            ),
            path="jobs/nightly.py",
        ),
        _catch(90, "except Exception", path="jobs/nightly.py"),
    ),
    rules=(MISSING_CLASS, MISSED, NO_TYPE),
)

BROKEN: Final = Report(
    command="check",
    version="0.1.0",
    measured=MEASURED,
    suite=SUITE,
    subjects=(
        Subject(
            place=Place("requirements/base.txt", 3),
            text="anthropic==2.13.0",
            about="allows one release: 2.13.0",
            state=State.UNKNOWN,
            findings=(
                Finding(
                    rule="unknown-release",
                    level=Level.WARNING,
                    message="2.13.0 is newer than the data, which goes to 2.12.0.",
                    instead="run `matrix refresh` and `matrix run`, or take newer data",
                ),
            ),
        ),
        Subject(place=Place("requirements/dev.txt", 8), text="anthropic @ ./vendor/anthropic", state=State.UNKNOWN),
    ),
    problems=(
        Problem(
            Place("poetry.lock", 104, 1),
            "This is no TOML: a key is given twice.",
            "Is there a conflict of a merge in it?",
        ),
        Problem(Place("environment.yml"), "This file can't be read: permission denied."),
    ),
    rules=(Rule(id="unknown-release", title="This release was not measured", help="Unknown is not the same as safe."),),
)

DIAGNOSED: Final = Report(
    command="doctor",
    version="0.1.0",
    measured=MEASURED,
    suite=SUITE,
    subjects=PINNED.subjects,
    rules=PINNED.rules,
    projects=(
        Diagnosis(
            folder="app",
            package="anthropic",
            release="0.45.0",
            chosen="pinned in uv.lock:12",
            installed=(InstalledRelease(environment="app/.venv", version="0.52.2", python="3.11.7"),),
            age=1,
            overloaded="an overloaded stream raises 200 APIStatusError; documented is 529.",
            files=2,
            places=3,
            clients=("Anthropic",),
            handlers=("class-overloaded",),
            worst=WorstFinding(
                place=Place("uv.lock", 12),
                text="anthropic==0.45.0",
                finding=PINNED.subjects[0].findings[0],
                of=3,
            ),
            pin="anthropic==2.12.0: no measured release does less harm.",
            write="read the stream as `for event in guard(stream)`, and decide by `explain(error).retryable`.",
            commands=("matrix check app", "matrix scan app", "matrix diff 0.45.0 2.12.0"),
        ),
    ),
)

EMPTY: Final = Report(command="scan", version="0.1.0", measured=None, suite="")

EXAMPLES: Final = {
    "fine": FINE,
    "pinned": PINNED,
    "scanned": SCANNED,
    "broken": BROKEN,
    "diagnosed": DIAGNOSED,
    "empty": EMPTY,
}

HOSTILE: Final = (
    "\x1b[31mred\x1b[0m \x9b2J \x07\x00\x7f",
    "\u202egnp.exe\u202c \u2066\u200b\ufeff",
    "a\nb\r\nc\rd\u2028e\x85f\x0bg",
    "\n::error file=x::injected",
    "x ::stop-commands::now ::::: ##[error]y ###[group]z ##vso[task.complete]",
    "]]> <!-- --> <![CDATA[ </testsuite> &amp; &bogus; \"'",
    "| cell | another |\n|---|---|\n\n# heading\n- item",
    "`code` ``two`` ```fence``` ` \\` \\| \\\\| *b* __b__ ~~s~~ $x$",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[link](https://evil.example) ![image](x) https://evil.example www.evil.example a@evil.example @somebody #1",
    "[a]: https://evil.example",
    "100%0A,title=x:y{0}{{}}",
    "\ufffe\uffff\U0010ffff \udcff\ud800 \x0c",
    "```\n````\n~~~\n    code",
    "",
    " ",
    "x" * 5_000,
    "word " * 1_000,
)
"""Texts that have a meaning for a terminal, a log, a page or a parser."""

pieces = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
    st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Po", "Sm")), max_size=12),
)
texts = st.lists(pieces, max_size=3).map("".join)
places = st.builds(Place, path=texts.filter(bool), line=st.integers(0, 99), column=st.integers(0, 99))
findings = st.builds(
    Finding,
    rule=st.sampled_from(["silent-end", "missing-class", "not-described"]),
    level=st.sampled_from(Level),
    message=texts,
    instead=texts,
)
subjects = st.builds(
    Subject,
    place=places,
    text=texts,
    about=texts,
    release=texts,
    state=st.sampled_from(State),
    findings=st.lists(findings, max_size=3).map(tuple),
)
names = st.lists(texts, max_size=3).map(tuple)
diagnoses = st.builds(
    Diagnosis,
    folder=texts,
    package=texts,
    release=texts,
    chosen=texts,
    others=names,
    installed=st.lists(
        st.builds(InstalledRelease, environment=texts, version=texts, python=texts, problem=texts), max_size=3
    ).map(tuple),
    age=st.none() | st.integers(0, 9999),
    is_stale=st.booleans(),
    overloaded=texts,
    files=st.integers(0, 9),
    places=st.integers(0, 9),
    clients=names,
    unmeasured=names,
    handlers=names,
    worst=st.none() | st.builds(WorstFinding, place=places, text=texts, finding=findings, of=st.integers(1, 99)),
    pin=texts,
    write=texts,
    reproduced=texts,
    commands=names,
)
"""Diagnoses in which every text is hostile."""
reports = st.builds(
    Report,
    command=st.sampled_from(["check", "scan", "doctor"]),
    version=texts,
    measured=st.none() | st.just(MEASURED),
    suite=texts,
    catching=st.lists(texts, max_size=2).map(tuple),
    subjects=st.lists(subjects, max_size=3).map(tuple),
    problems=st.lists(st.builds(Problem, place=places, message=texts, hint=texts), max_size=2).map(tuple),
    projects=st.lists(diagnoses, max_size=2).map(tuple),
    rules=st.just(
        (SILENT_END, Rule(id="missing-class", title=HOSTILE[9] + HOSTILE[3], help=HOSTILE[7] + HOSTILE[8] + HOSTILE[0]))
    ),
)
"""Reports in which every text is hostile, with those of the rules."""
