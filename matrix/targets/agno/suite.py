"""The suite of Agno. Pure."""

from typing import Final

from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface
from matrix.targets.framework_suite import make_suite

SUITE: Final = make_suite(
    {
        "run": Surface("agent.run(stream=True)", PlayedScenarios.ALL, shows=ReturnedContent.TEXT),
        "run-async": Surface("agent.arun(stream=True)", shows=ReturnedContent.TEXT),
        "run.own-retries": Surface(
            "agent.run(stream=True) on a client without max_retries",
            PlayedScenarios.RETRIES,
            shows=ReturnedContent.TEXT,
        ),
    },
    main="run",
    retrying=frozenset({"run.own-retries"}),
)
