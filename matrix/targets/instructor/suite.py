"""The suite of Instructor. Pure."""

import json
from typing import Final

import msgspec

from matrix.catalogue.events import MESSAGE_START, MESSAGE_STOP, block_delta, block_start, block_stop, message_delta
from matrix.catalogue.steps import AnyStep, Prelude, Rest, Scenario, Together
from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface
from matrix.targets.framework_suite import make_suite

_ANSWER: Final = json.dumps({"text": "Hello world"})
_CUT: Final = _ANSWER.index(" world")
"""The place in the answer at which a stream is interrupted."""

_TOOL: Final = {"type": "tool_use", "id": "toolu_midstream", "name": "Answer", "input": {}}


def _piece(text: str) -> AnyStep:
    return block_delta(0, {"type": "input_json_delta", "partial_json": text})


_BEGINNING: Final[tuple[AnyStep, ...]] = (
    Together((MESSAGE_START, block_start(0, _TOOL))),
    _piece(_ANSWER[:_CUT]),
)
_REMAINDER: Final[tuple[AnyStep, ...]] = (
    _piece(_ANSWER[_CUT:]),
    Together((block_stop(0), message_delta("tool_use"), MESSAGE_STOP)),
)


def _as_tool_call(scenario: Scenario) -> Scenario:
    """Return a scenario whose stream calls the tool with which Instructor asks for a structured answer."""

    def change(steps: tuple[AnyStep, ...]) -> tuple[AnyStep, ...]:
        changed: list[AnyStep] = []
        for step in steps:
            match step:
                case Prelude():
                    changed += _BEGINNING
                case Rest():
                    changed += _REMAINDER
                case _:
                    changed.append(step)
        return tuple(changed)

    return msgspec.structs.replace(scenario, steps=change(scenario.steps), then=change(scenario.then))


SUITE: Final = make_suite(
    {
        "create_partial": Surface("create_partial()", PlayedScenarios.ALL, shows=ReturnedContent.TEXT),
        "create_partial-async": Surface("create_partial(), async", shows=ReturnedContent.TEXT),
        "create": Surface("create(response_model=Partial[...], stream=True)", shows=ReturnedContent.TEXT),
        "create_partial.own-retries": Surface(
            "create_partial() without max_retries", PlayedScenarios.RETRIES, shows=ReturnedContent.TEXT
        ),
    },
    main="create_partial",
    retrying=frozenset({"create_partial.own-retries"}),
    change=_as_tool_call,
)
