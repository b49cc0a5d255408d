"""What an observation is worth: a pure function of the scenario, the observation and the control.

Two yardsticks, both shown, because both are held by sensible people:

- *documented*: `status_code` is what the API's error page gives for that `error.type`, and the class is the one that
  this same release raises when the same error arrives as a plain HTTP response (the control).
- *maintainers'*: `status_code` stays that of the HTTP response, 200, and `error.type` names the error.

A verdict says which facets are right. It is never a percentage, and what was not seen is never right. A new rule here
needs no new run.
"""

import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import assert_never

from matrix.catalogue.steps import (
    Completes,
    IsUnsupported,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
)
from matrix.catalogue.surfaces import Shows
from matrix.model import Frozen
from matrix.observation import Behaviour, Call, Observation, Outcome, Raised
from matrix.targets.target import Target

STREAM_STATUS = 200
"""The HTTP status of a response that opened a stream."""

FULL_TEXT = "Hello world"
"""What the backend's complete stream says."""

ABSENT = "absent"
"""How an attribute that an exception lacks is written, which is not the same as None."""


class Yardstick(StrEnum):
    """By whose word an observation is judged."""

    DOCUMENTED = "documented"
    MAINTAINERS = "maintainers"


class VerdictKind(StrEnum):
    """What a verdict comes to."""

    RIGHT = "right"
    WRONG = "wrong"
    SILENT = "silent"
    """A failure that looks like success: worse than wrong."""
    HANGS = "hangs"
    UNAVAILABLE = "unavailable"
    """The release has no such surface, or can't be installed, imported or constructed."""
    FLAKY = "flaky"
    UNKNOWN = "unknown"
    """Not seen: not run, or the harness failed, or there is no control to compare with."""


class Check(Frozen, frozen=True):
    """One facet, held against what it ought to be.

    Attributes:
        facet: Which: `status_code`, `class`, `type`, `text`, ...
        expected: What it ought to be, as text.
        observed: What it is; `absent` for an attribute that is not there.
    """

    facet: str
    expected: str
    observed: str

    @property
    def right(self) -> bool:
        """Whether it is what it ought to be."""
        return self.expected == self.observed


class Verdict(Frozen, frozen=True):
    """What an observation comes to.

    Attributes:
        kind: In a word.
        checks: The facets that say why.
    """

    kind: VerdictKind
    checks: tuple[Check, ...] = ()


def control_for(scenario: Scenario) -> str | None:
    """The id of the control that says which class an error has when it is no stream; None if there is none."""
    match scenario.ideal:
        case RaisesStatus(error_type, status) if scenario.in_stream and status is not None:
            return scenario.control or f"http-{error_type}"
    return None


def add_controls(target: Target, scenarios: Collection[str]) -> tuple[str, ...]:
    """Scenarios, and the controls without which there is no verdict on them, by id."""
    controls = (control_for(target.catalogue[id_]) for id_ in scenarios)
    return tuple(dict.fromkeys([*scenarios, *(control for control in controls if control)]))


def judge(
    target: Target,
    scenario: Scenario,
    observation: Observation | None,
    control: Observation | None,
    yardstick: Yardstick,
    shows: Shows = Shows.EVENTS,
) -> Verdict:
    """Hold an observation against the ideal of its scenario.

    Args:
        target: What is under test.
        scenario: What was played.
        observation: What was seen; None if nothing was.
        control: What was seen of the same cell for `control_for(scenario)`.
        yardstick: By whose word.
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
    """What a call comes to that neither raised nor completed, whoever judges it."""
    match outcome:
        case Outcome.TIMED_OUT:
            return VerdictKind.HANGS
        case Outcome.FLAKY:
            return VerdictKind.FLAKY
        case Outcome.UNSUPPORTED | Outcome.CANNOT_CONSTRUCT | Outcome.CANNOT_IMPORT | Outcome.CANNOT_INSTALL:
            return VerdictKind.UNAVAILABLE
    return VerdictKind.UNKNOWN


def judge_all(target: Target, behaviour: Behaviour, yardstick: Yardstick) -> dict[Call, Verdict]:
    """The verdict of every observation of a cell whose scenario is in the catalogue."""
    return {
        call: judge_call(target, behaviour, call, yardstick) for call in behaviour if call.scenario in target.catalogue
    }


def judge_call(target: Target, behaviour: Behaviour, call: Call, yardstick: Yardstick) -> Verdict:
    """The verdict of one call of a cell."""
    scenario, surface = target.catalogue[call.scenario], target.surfaces.get(call.surface)
    shows = surface.shows if surface else Shows.EVENTS
    return judge(target, scenario, behaviour.get(call), find_control(target, behaviour, call), yardstick, shows)


def find_control(target: Target, behaviour: Mapping[Call, Observation], call: Call) -> Observation | None:
    """The control of a call, on the same surface; or on the main one, where it is not played on all."""
    control = control_for(target.catalogue[call.scenario])
    main = target.suite.main[0] + ("-async" if call.surface.endswith("-async") else "")
    return (behaviour.get(Call(call.surface, control)) or behaviour.get(Call(main, control))) if control else None


def _judge_completed(scenario: Scenario, observation: Observation, shows: Shows) -> Verdict:
    match scenario.ideal:
        case Completes():
            return _complete(observation, shows)
        case Recovers():
            return _complete(observation, shows) if observation.requests > 1 else Verdict(VerdictKind.SILENT)
        case IsUnsupported():
            return Verdict(VerdictKind.WRONG)
        case RaisesStatus() | RaisesSdk() | RaisesConnection() | RaisesAnything():
            return Verdict(VerdictKind.SILENT)
        case _:
            assert_never(scenario.ideal)


def _complete(observation: Observation, shows: Shows) -> Verdict:
    """Whether a call gave its caller all that it shows."""
    delivered = observation.delivered
    text = Check("text", FULL_TEXT, delivered.text if delivered else "")
    stop = "a stop reason" if delivered and delivered.stop_reason else "no stop reason"
    end = Check("end", "a stop reason", stop)
    match shows:
        case Shows.EVENTS | Shows.MESSAGE:
            return _verdict(text, end)
        case Shows.TEXT:
            return _verdict(text)
        case Shows.NOTHING:
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
        case RaisesSdk(sent):
            of_sdk = classes.root if target.is_a(raised, classes.root) else raised.name
            kept = Check("sent", "kept", "kept" if _keeps(raised, sent) else "lost")
            return _verdict(Check("class", classes.root, of_sdk), *([kept] if sent else []))
        case Recovers(_, status):
            once = Check("requests", "1", str(observation.requests))  # a retry gets a complete stream
            return _verdict(_status(raised, status), once)
        case RaisesConnection():
            # In full where it is not the SDK's, which may have a class of the same name from elsewhere.
            connection = classes.connection if target.is_a(raised, classes.connection) else raised.name
            return _verdict(Check("class", classes.connection, connection))
        case RaisesStatus(error_type, status):
            if yardstick is Yardstick.MAINTAINERS:
                http_status = STREAM_STATUS if scenario.in_stream else status
                return _verdict(_status(raised, http_status), _attribute(raised, "type", error_type))
            if status is None:
                return _verdict(Check("class", classes.status, raised.short_name))
            if not scenario.in_stream:
                return _verdict(_status(raised, status))
            code = _status(raised, status)
            if control is not None and control.outcome is Outcome.RAISED and control.exception is not None:
                return _verdict(code, Check("class", control.exception.short_name, raised.short_name))
            # Without a control there is no class to compare with, but a wrong code is wrong all the same.
            return Verdict(VerdictKind.UNKNOWN if code.right else VerdictKind.WRONG, (code,))
        case _:
            assert_never(scenario.ideal)


def _keeps(raised: Raised, sent: str) -> bool:
    """Whether the catcher of an exception can find out what the server sent."""
    if any(isinstance(value, str) and sent in value for value in (raised.text, raised.message, raised.body)):
        return True
    try:
        return bool(raised.body == json.loads(sent))
    except ValueError:
        return False


def _status(raised: Raised, status: int | None) -> Check:
    return _attribute(raised, "status_code", str(status))


def _attribute(raised: Raised, name: str, expected: str) -> Check:
    observed = str(raised.attributes[name]) if name in raised.attributes else ABSENT
    return Check(name, expected, observed)


def _verdict(*checks: Check) -> Verdict:
    return Verdict(VerdictKind.RIGHT if all(check.right for check in checks) else VerdictKind.WRONG, checks)
