"""Five scenarios on one call."""

import json
from typing import Final

from matrix.catalogue.steps import (
    AnyIdeal,
    AnyStep,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    IsUnsupported,
    Prelude,
    RaisesAnything,
    RaisesStatus,
    Respond,
    Rest,
    Scenario,
    Text,
)
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface
from tests.targets.acme.statuses import STATUSES

_BUSY: Final = json.dumps({"type": "error", "error": {"type": "busy", "message": "Too many callers"}})


def _scenario(id_: str, family: Family, ideal: AnyIdeal, *steps: AnyStep, retry: bool = True) -> Scenario:
    return Scenario(
        id=id_, family=family, title=f"The scenario {id_}.", steps=steps, ideal=ideal, text=Text.SOME, retry=retry
    )


_RAISES_BUSY: Final = RaisesStatus("busy", STATUSES["busy"])
_CLEAN: Final = _scenario("clean", Family.CONTROL, Completes(), Head(), Prelude(), Rest(), Finish(), retry=False)
_UNKNOWN: Final = _scenario("unknown", Family.CONTROL, IsUnsupported(), retry=False)
_ALL: Final = (
    _CLEAN,
    _scenario("http-busy", Family.CONTROL, _RAISES_BUSY, Respond(STATUSES["busy"], _BUSY)),
    _UNKNOWN,
    _scenario("mid-busy", Family.ERROR_EVENT, _RAISES_BUSY, Head(), Prelude(), Event("error", _BUSY), Finish()),
    _scenario("cut", Family.TRUNCATION, RaisesAnything(), Head(), Prelude(), Finish()),
)

SUITE: Final = Suite(
    catalogue={scenario.id: scenario for scenario in _ALL},
    unknown=_UNKNOWN,
    surfaces={"chat": Surface("Client.chat()", PlayedScenarios.ALL)},
    main=("chat",),
    differing=frozenset(),
    retried=frozenset(),
    errors=frozenset({"mid-busy"}),
    headline="mid-busy",
    cut="cut",
    telling=("mid-busy", "http-busy", "cut"),
)
