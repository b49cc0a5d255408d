"""Check what the types of a scenario file can't express: whether the steps can be played, within the limits. Pure.

Every mistake names its place in the document, such as `scenarios[0].attempts[1][2]`.
"""

from collections.abc import Iterator
from typing import Final

import h11

from matrix.backend.limits import Limits
from matrix.backend.scenario_files.document import (
    BodyInFile,
    RawInFile,
    ScenarioFile,
    ScenarioInFile,
    StepInFile,
    to_scenario,
)
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    AnyStep,
    Close,
    Event,
    Finish,
    Frame,
    Head,
    Hold,
    Pause,
    Raw,
    Reset,
    Respond,
    Scenario,
    Together,
)
from matrix.catalogue.wire import compile_steps

ORDER: Final = (
    "A response begins with Head, or is one Respond. Events and bodies follow a Head, and nothing follows Respond, "
    "Finish, Close, Reset or Hold."
)
"""The rule that steps must follow."""

_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "content-encoding", "content-type"})
"""Headers that have fields of their own."""

_ENDS: Final = (Respond, Finish, Close, Reset, Hold)


class Mistake(Exception):
    """A mistake in a scenario file.

    Attributes:
        place: Its place in the document.
        hint: What to do.
    """

    def __init__(self, place: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.hint = hint


def check(document: ScenarioFile) -> dict[str, Scenario]:
    """Return the scenarios of a document by id, once every one of them can be played.

    Raises:
        Mistake: One of them can't be played, or two have the same id.
    """
    scenarios: dict[str, Scenario] = {}
    for number, described in enumerate(document.scenarios):
        place = f"scenarios[{number}]"
        if described.id in scenarios:
            raise Mistake(f"{place}.id", f"Another scenario is also called {described.id!r}.", "Rename one of them.")
        scenarios[described.id] = _check_scenario(described, place)
    return scenarios


def _check_scenario(described: ScenarioInFile, place: str) -> Scenario:
    if described.ideal is not None and (described.text is None or described.retry is None):
        raise Mistake(
            place,
            "It has an ideal, and lacks `text` or `retry`.",
            "Add `text: none`, `some` or `all`, and `retry: true` or `false`; or remove the ideal.",
        )
    for number, steps in enumerate(described.attempts):
        _check_steps(steps, f"{place}.attempts[{number}]")
    scenario = to_scenario(described)
    for number, attempt in enumerate(scenario.attempts):
        for dialect in described.dialects:
            _check_playable(attempt, dialect, f"{place}.attempts[{number}]")
    return scenario


def _check_steps(steps: tuple[StepInFile, ...], place: str) -> None:
    longest = Limits().answer
    pauses = sum(step.seconds for step in steps if isinstance(step, Pause))
    if not pauses <= longest:
        raise Mistake(place, f"Its pauses take {pauses:g} s, and an answer may take {longest:g} s.", "Shorten them.")
    size = sum(map(_size, steps))
    if size > (most := Limits().body):
        raise Mistake(place, f"Its steps send {size:,} bytes; {most:,} are allowed.", "Shorten them.")
    for number, step in enumerate(steps):
        match step:
            case BodyInFile() | RawInFile() if bool(step.text) is bool(step.base64):
                raise Mistake(f"{place}[{number}]", "It must have either `text` or `base64`.", "Give one of the two.")
            case Event():
                _check_event(step, f"{place}[{number}]")
            case Together(events):
                for each, event in enumerate(events):
                    _check_event(event, f"{place}[{number}].events[{each}]")
            case Head(headers=headers) | Respond(headers=headers):
                for name, _ in headers:
                    if name.lower() in _FRAMING:
                        field = f"`{name.lower().removeprefix('content-').replace('-', '_')}`"
                        raise Mistake(f"{place}[{number}]", f"The header {name} has a field of its own: {field}.")


def _check_event(event: Event, place: str) -> None:
    if {"\r", "\n"} & {*event.name, *event.data}:
        raise Mistake(place, "An event has a line end in its name or data.", "Send it as a Body, with its lines.")


def _size(step: StepInFile) -> int:
    match step:
        case BodyInFile() | RawInFile():
            return len(step.data)
        case Respond(body=text) | Event(data=text) | Frame(payload=text):
            return len(text)
        case Together(events):
            return sum(len(event.data) for event in events)
    return 0


def _check_playable(steps: tuple[AnyStep, ...], dialect: Dialect, place: str) -> None:
    try:
        compile_steps(steps, dialect)
    except (h11.LocalProtocolError, ValueError):
        number, reason = next(_failures(steps, dialect))
        misplaced = _misplaced(steps, number)
        what = f"The step {type(steps[number]).__name__} can't be played here: {misplaced or reason}."
        raise Mistake(f"{place}[{number}]", what, ORDER if misplaced else "") from None


def _failures(steps: tuple[AnyStep, ...], dialect: Dialect) -> Iterator[tuple[int, str]]:
    """Yield the number of the first step that can't be played, with the reason as h11 words it."""
    for number in range(len(steps)):
        try:
            compile_steps(steps[: number + 1], dialect)
        except (h11.LocalProtocolError, ValueError) as error:
            yield number, str(error).rstrip(".")


def _misplaced(steps: tuple[AnyStep, ...], number: int) -> str:
    """Say why a step can't stand in its place; return an empty text if it may, and its values are wrong."""
    before, step = steps[:number], steps[number]
    if before and isinstance(before[-1], _ENDS):
        return f"{type(before[-1]).__name__} ended the response"
    if isinstance(step, Finish) and any(isinstance(each, Raw) for each in before):
        return "Raw broke the response, so only Close, Reset or Hold can end it"
    if not isinstance(step, Head | Respond) and not any(isinstance(each, Head) for each in before):
        return "no Head precedes it"
    if isinstance(step, Head | Respond) and any(isinstance(each, Head) for each in before):
        return "a Head precedes it"
    return ""
