"""Judge an observation: a pure function of the scenario, the observation and its control.

Two yardsticks apply, and both are shown, since both have good reasons:

- *documented*: `status_code` is what the API's error page gives for that `error.type`, and the class is the one that
  this same release raises when the same error arrives as a plain HTTP response (the control).
- *maintainers'*: the exception is the one that the target's maintainers intend. With Anthropic's in Python,
  `status_code` stays that of the HTTP response, 200, and `error.type` names the error.

A verdict names the facets that are right and wrong. It is never a percentage, and a missing observation is never right.
A new rule here needs no new measurement.
"""

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, assert_never

import msgspec

from matrix.catalogue.steps import (
    WHOLE_TEXT,
    Completes,
    IsUnsupported,
    NoIdeal,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
)
from matrix.catalogue.surfaces import ReturnedContent
from matrix.model import Frozen
from matrix.observation import UNDEFINED, Behaviour, Call, Observation, Outcome, Raised
from matrix.targets.target import Target

STREAM_STATUS = 200
"""The HTTP status of a response that opened a stream."""

NOTHING = "undefined"
"""Text for JavaScript's undefined."""

ABSENT = "absent"
"""Text for an attribute that an exception does not have, which differs from None."""


class Yardstick(StrEnum):
    """The rule by which an observation is judged."""

    DOCUMENTED = "documented"
    MAINTAINERS = "maintainers"


class VerdictKind(StrEnum):
    """The result of a verdict."""

    RIGHT = "right"
    WRONG = "wrong"
    SILENT = "silent"
    """A failure that looks like success: worse than wrong."""
    HANGS = "hangs"
    UNAVAILABLE = "unavailable"
    """The release has no such surface, can't be installed or imported, or its client can't be constructed."""
    FLAKY = "flaky"
    UNKNOWN = "unknown"
    """There is nothing to judge: the call was not run, the harness failed, or the control or the ideal is missing."""


class Check(Frozen, frozen=True):
    """A comparison of one facet with its ideal.

    Attributes:
        facet: The name of the facet: `status_code`, `class`, `type`, `text`, ...
        expected: The ideal value, as text.
        observed: The observed value, as text; `absent` for an attribute that does not exist.
    """

    facet: str
    expected: str
    observed: str

    @property
    def right(self) -> bool:
        """Whether the observed value is the ideal one."""
        return self.expected == self.observed


class Verdict(Frozen, frozen=True):
    """The judgement of one observation.

    Attributes:
        kind: The result in one word.
        checks: The facets that decide it.
    """

    kind: VerdictKind
    checks: tuple[Check, ...] = ()


def control_for(scenario: Scenario) -> str | None:
    """Return the id of the scenario that sends the same error as a plain HTTP response; None if there is none."""
    match scenario.ideal:
        case RaisesStatus(error_type, status) if scenario.in_stream and status is not None:
            return scenario.control or f"http-{error_type}"
    return None


def add_controls(target: Target, scenarios: Collection[str]) -> tuple[str, ...]:
    """Return scenarios and the controls that their verdicts need, by id."""
    controls = (control_for(target.catalogue[id_]) for id_ in scenarios)
    return tuple(dict.fromkeys([*scenarios, *(control for control in controls if control)]))


def judge(
    target: Target,
    scenario: Scenario,
    observation: Observation | None,
    control: Observation | None,
    yardstick: Yardstick,
    shows: ReturnedContent = ReturnedContent.EVENTS,
) -> Verdict:
    """Compare an observation with the ideal of its scenario.

    Args:
        target: The package under test.
        scenario: The scenario that was played.
        observation: The observation; None if there is none.
        control: The observation of `control_for(scenario)` in the same cell.
        yardstick: The rule to judge by.
        shows: What the surface gives its caller.
    """
    if observation is None:
        return Verdict(VerdictKind.UNKNOWN)
    match observation.outcome:
        case Outcome.UNSUPPORTED if isinstance(scenario.ideal, IsUnsupported):
            return Verdict(VerdictKind.RIGHT)
        case Outcome.COMPLETED:
            return _judge_completed(scenario, observation, shows)
        case Outcome.RAISED if observation.exception is not None:
            return _judge_raised(target, scenario, observation, observation.exception, control, yardstick)
    return Verdict(classify_outcome(observation.outcome))


def classify_outcome(outcome: Outcome) -> VerdictKind:
    """Return the verdict on a call that neither raised nor completed; it is the same by every yardstick."""
    match outcome:
        case Outcome.TIMED_OUT:
            return VerdictKind.HANGS
        case Outcome.FLAKY:
            return VerdictKind.FLAKY
        case Outcome.UNSUPPORTED | Outcome.CANNOT_CONSTRUCT | Outcome.CANNOT_IMPORT | Outcome.CANNOT_INSTALL:
            return VerdictKind.UNAVAILABLE
    return VerdictKind.UNKNOWN


def judge_all(target: Target, behaviour: Behaviour, yardstick: Yardstick) -> dict[Call, Verdict]:
    """Judge every observation of a cell whose scenario is in the catalogue."""
    return {
        call: judge_call(target, behaviour, call, yardstick) for call in behaviour if call.scenario in target.catalogue
    }


def judge_call(target: Target, behaviour: Behaviour, call: Call, yardstick: Yardstick) -> Verdict:
    """Judge one call of a cell."""
    scenario, surface = target.catalogue[call.scenario], target.surfaces.get(call.surface)
    shows = surface.shows if surface else ReturnedContent.EVENTS
    return judge(target, scenario, behaviour.get(call), find_control(target, behaviour, call), yardstick, shows)


def find_control(target: Target, behaviour: Mapping[Call, Observation], call: Call) -> Observation | None:
    """Return the control of a call on its surface, or on its client's main surface if its own does not play it.

    Each client chooses the class for a status itself, so another client's control says nothing.
    """
    control = control_for(target.catalogue[call.scenario])
    if control is None:
        return None
    main = target.suite.main_for(call.surface)
    return behaviour.get(Call(call.surface, control)) or behaviour.get(Call(main, control))


def _judge_completed(scenario: Scenario, observation: Observation, shows: ReturnedContent) -> Verdict:
    match scenario.ideal:
        case Completes() | Recovers() if observation.reporting:
            return _verdict(Check("error", "none", f"an event {observation.reporting}"))
        case Completes():
            return _complete(observation, shows)
        case Recovers():
            return _complete(observation, shows) if observation.requests > 1 else Verdict(VerdictKind.SILENT)
        case IsUnsupported():
            return Verdict(VerdictKind.WRONG)
        case NoIdeal():
            return Verdict(VerdictKind.UNKNOWN)
        case RaisesStatus() | RaisesSdk() | RaisesConnection() | RaisesAnything():
            if observation.reporting:
                return _verdict(Check("error", "raised", f"an event {observation.reporting}"))
            return Verdict(VerdictKind.SILENT)
        case _:
            assert_never(scenario.ideal)


def _complete(observation: Observation, shows: ReturnedContent) -> Verdict:
    """Judge whether a call gave its caller everything that its surface shows."""
    delivered = observation.delivered
    text = Check("text", WHOLE_TEXT, delivered.text if delivered else "")
    stop = "a stop reason" if delivered and delivered.stop_reason else "no stop reason"
    end = Check("end", "a stop reason", stop)
    match shows:
        case ReturnedContent.EVENTS | ReturnedContent.MESSAGE:
            return _verdict(text, end)
        case ReturnedContent.TEXT:
            return _verdict(text)
        case ReturnedContent.NOTHING:
            return _verdict()
        case _:
            assert_never(shows)


def _judge_raised(
    target: Target,
    scenario: Scenario,
    observation: Observation,
    raised: Raised,
    control: Observation | None,
    yardstick: Yardstick,
) -> Verdict:
    classes = target.classes
    match scenario.ideal:
        case Completes() | IsUnsupported():
            return Verdict(VerdictKind.WRONG)
        case RaisesAnything():
            return Verdict(VerdictKind.RIGHT)
        case NoIdeal():
            return Verdict(VerdictKind.UNKNOWN)
        case RaisesSdk(sent):
            root = classes.root if target.is_a(raised, classes.root) else raised.name
            payload = Check("sent", "kept", "kept" if _contains(raised, sent) else "lost")
            return _verdict(Check("class", classes.root, root), *([payload] if sent else []))
        case Recovers(_, status):
            once = Check("requests", "1", str(observation.requests))  # a retry gets a complete stream
            return _verdict(_status(raised, status), once)
        case RaisesConnection() if not classes.connection:
            return Verdict(VerdictKind.RIGHT)
        case RaisesConnection():
            # The full name, if the class is not the SDK's: another package may use the same short name.
            connection = classes.connection if target.is_a(raised, classes.connection) else raised.name
            return _verdict(Check("class", classes.connection, connection))
        case RaisesStatus(error_type, status):
            if yardstick is Yardstick.MAINTAINERS and not target.maps_stream_errors:
                http_status = target.stream_status if scenario.in_stream else status
                return _verdict(_status(raised, http_status), _name(target, raised, error_type))
            if status is None:
                return _verdict(Check("class", classes.status, raised.short_name))
            if not scenario.in_stream:
                return _verdict(_status(raised, status))
            code = _status(raised, status)
            if control is not None and control.outcome is Outcome.RAISED and control.exception is not None:
                return _verdict(code, Check("class", control.exception.short_name, raised.short_name))
            # Without a control there is no class to compare with, but a wrong code is wrong anyway.
            return Verdict(VerdictKind.UNKNOWN if code.right else VerdictKind.WRONG, (code,))
        case _:
            assert_never(scenario.ideal)


def _contains(raised: Raised, sent: str) -> bool:
    """Return whether an exception contains what the server sent."""
    if any(isinstance(value, str) and sent in value for value in (raised.text, raised.message, raised.body)):
        return True
    try:
        data = json.loads(sent)
    except ValueError:
        return False
    whole = raised.attributes.get("json_body")  # of the OpenAI SDK before 1.0: the body with its envelope
    return bool(raised.body == data or (isinstance(whole, dict) and whole.get("error") == data))


def _status(raised: Raised, status: int | None) -> Check:
    observed = ABSENT if raised.status is msgspec.UNSET else _show(raised.status)
    if status is None:  # None, a missing attribute and an undefined one all say that there is no status
        return Check("status_code", observed if raised.has_no_status else ABSENT, observed)
    return Check("status_code", str(status), observed)


def _name(target: Target, raised: Raised, error_type: str) -> Check:
    """Compare the attributes that name an error, of which one has to be its type."""
    names = target.error_names
    observed = [_show(value) for name in names for value in raised.find_names(name)] or [ABSENT]
    return Check(" or ".join(names), error_type, error_type if error_type in observed else observed[0])


def _show(value: Any) -> str:
    return NOTHING if value == UNDEFINED else str(value)


def _verdict(*checks: Check) -> Verdict:
    return Verdict(VerdictKind.RIGHT if all(check.right for check in checks) else VerdictKind.WRONG, checks)
