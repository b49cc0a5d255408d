"""The document of a scenario file, and the scenarios that it describes. Pure.

The steps and the ideals are those of the catalogue, each an object whose `type` is the name of its class. Only bytes
differ: a person writes them as text, and a program as Base64.
"""

import inspect
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from matrix.backend.limits import MOST_ATTEMPTS, MOST_SCENARIOS, MOST_STEPS
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    AnyStep,
    Barrier,
    Body,
    Close,
    Completes,
    Event,
    Family,
    Finish,
    Frame,
    Head,
    Hold,
    Lines,
    NoIdeal,
    Pause,
    Prelude,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Raw,
    Recovers,
    Reset,
    Respond,
    Rest,
    Scenario,
    Step,
    Text,
    Together,
)
from matrix.model import Frozen
from matrix.schema import DIALECT, describe

SCHEMA: Final = "midstream/scenarios/1"
"""The value of `schema` in every file."""


class BodyInFile(Step, frozen=True, tag="Body"):
    """Send bytes of the body unchanged, in one write. A file has either the text or the Base64.

    Attributes:
        text: The bytes as text, in UTF-8.
        base64: The bytes in Base64, if they are no UTF-8.
    """

    text: str = ""
    base64: bytes = b""

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.text.encode() or self.base64


class RawInFile(Step, frozen=True, tag="Raw"):
    """Send bytes on the connection without any HTTP framing, to break HTTP itself: either the text or the Base64.

    Attributes:
        text: The bytes as text, in UTF-8.
        base64: The bytes in Base64, if they are no UTF-8.
    """

    text: str = ""
    base64: bytes = b""

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.text.encode() or self.base64


StepInFile = (
    Respond
    | Head
    | Prelude
    | Rest
    | Event
    | Together
    | Frame
    | BodyInFile
    | RawInFile
    | Pause
    | Barrier
    | Finish
    | Close
    | Reset
    | Hold
)

IdealInFile = Completes | RaisesStatus | RaisesSdk | RaisesConnection | RaisesAnything | Recovers

Attempt = Annotated[tuple[StepInFile, ...], Meta(min_length=1, max_length=MOST_STEPS)]


class ScenarioInFile(Frozen, frozen=True, kw_only=True):
    """One scenario of a file.

    Attributes:
        id: The last segment of the base URLs that play it; no scenario of the catalogue has it.
        title: One sentence that describes the fault.
        dialects: The dialects in which it exists. The path of a request selects its dialect.
        attempts: For each request of a call, the steps that answer it; after the last, the first follows again.
        ideal: What a caller should see; without it, no verdict judges the scenario.
        text: How much text the caller receives before the fault; an ideal needs it.
        retry: Whether repeating the call may succeed; an ideal needs it.
        timeout: Seconds without a byte after which the client should give up; null for no limit.
        sources: Public pages that describe this fault.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$(?!\n)")]
    title: Annotated[str, Meta(min_length=1, max_length=500)]
    dialects: Annotated[tuple[Dialect, ...], Meta(min_length=1)]
    attempts: Annotated[tuple[Attempt, ...], Meta(min_length=1, max_length=MOST_ATTEMPTS)]
    ideal: IdealInFile | None = None
    text: Text | None = None
    retry: bool | None = None
    timeout: Annotated[float, Meta(gt=0)] | None = None
    sources: tuple[str, ...] = ()


class ScenarioFile(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A file of scenarios.

    Attributes:
        schema: The name of this format.
        scenarios: The scenarios, each with another id.
    """

    schema: Literal["midstream/scenarios/1"]
    scenarios: Annotated[tuple[ScenarioInFile, ...], Meta(min_length=1, max_length=MOST_SCENARIOS)]


def to_scenario(described: ScenarioInFile) -> Scenario:
    """Make the scenario that a file describes. Without an ideal, `text` and `retry` mean nothing."""
    first, *others = (tuple(map(_to_step, steps)) for steps in described.attempts)
    return Scenario(
        id=described.id,
        family=Family.CUSTOM,
        title=described.title,
        steps=first,
        then=others[0] if others else (),
        more=tuple(others[1:]),
        ideal=described.ideal or NoIdeal(),
        text=described.text or Text.NONE,
        retry=bool(described.retry),
        only=frozenset(described.dialects),
        timeout=described.timeout,
        sources=described.sources,
    )


def from_scenario(scenario: Scenario) -> ScenarioInFile:
    """Describe a scenario for a file; reading the file makes an equal one, if its family is that of files.

    Raises:
        ValueError: It has an ideal that no file can state, or an event that is no UTF-8.
    """
    ideal = None if isinstance(scenario.ideal, NoIdeal) else scenario.ideal
    if ideal is not None and not isinstance(ideal, IdealInFile):
        raise ValueError(f"A file can't state the ideal {ideal}")
    return ScenarioInFile(
        id=scenario.id,
        title=scenario.title,
        dialects=tuple(dialect for dialect in Dialect if dialect in scenario.dialects),
        attempts=tuple(tuple(map(from_step, steps)) for steps in scenario.attempts),
        ideal=ideal,
        text=scenario.text if ideal else None,
        retry=scenario.retry if ideal else None,
        timeout=scenario.timeout,
        sources=scenario.sources,
    )


def _to_step(step: StepInFile) -> AnyStep:
    match step:
        case BodyInFile():
            return Body(step.data)
        case RawInFile():
            return Raw(step.data)
    return step


def from_step(step: AnyStep) -> StepInFile:
    """Describe a step of the catalogue for a file."""
    match step:
        case Body(data) | Lines(data):
            return BodyInFile(*_text_or_bytes(data))
        case Raw(data):
            return RawInFile(*_text_or_bytes(data))
    return step


def _text_or_bytes(data: bytes) -> tuple[str, bytes]:
    try:
        return data.decode(), b""
    except UnicodeDecodeError:
        return "", data


def schema() -> dict[str, Any]:
    """Make the JSON Schema of a scenario file. Unknown fields are refused, as in reading: they are mistakes."""
    made = msgspec.json.schema(ScenarioFile)
    definitions: dict[str, Any] = made["$defs"]
    for name, type_ in _described():
        definition = definitions[name]
        describe(definition, inspect.getdoc(type_) or "")
        for field, values in definition["properties"].items():
            if field in ("type", "schema"):
                definition["properties"][field] = {"const": values["enum"][0]}
    title = "A file of scenarios for matrix backend --scenarios, and of matrix record"
    return {"$schema": DIALECT, "$id": "urn:midstream:scenarios:1", "title": title} | made


def _described() -> list[tuple[str, type[msgspec.Struct]]]:
    types = [ScenarioFile, ScenarioInFile, *StepInFile.__args__, *IdealInFile.__args__]
    return [(type_.__name__, type_) for type_ in types]
