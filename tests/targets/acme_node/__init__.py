"""A target of npm in miniature: the second target, written for Node."""

from pathlib import Path
from typing import Final

import msgspec

from matrix.targets.launcher import Launcher
from matrix.targets.target import Registry, Target
from tests.targets.acme import ACME

ACME_NODE: Final[Target] = msgspec.structs.replace(
    ACME,
    id="acme-node",
    title="the Acme SDK for Node",
    registry=Registry.NPM,
    package="@acme/llm",
    module="@acme/llm",
    launcher=Launcher(flags=(), entry="probe.mjs", is_python=False, unlimited=("AS",)),
    runtime="node-24",
    folder=Path(__file__).parent,
)
