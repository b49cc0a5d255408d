"""The suite of Pydantic AI. Pure."""

from typing import Final

from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface
from matrix.targets.framework_suite import make_suite

SUITE: Final = make_suite(
    {
        "run_stream": Surface("agent.run_stream(), stream_text()", PlayedScenarios.ALL, shows=ReturnedContent.TEXT),
        "run_stream_events": Surface("agent.run_stream_events()", shows=ReturnedContent.TEXT),
        "iter": Surface("agent.iter(), node.stream()", shows=ReturnedContent.TEXT),
        "run": Surface("agent.run(event_stream_handler=...)", shows=ReturnedContent.TEXT),
        "run_stream.own-retries": Surface(
            "agent.run_stream() on a client without max_retries", PlayedScenarios.RETRIES, shows=ReturnedContent.TEXT
        ),
    },
    main="run_stream",
    retrying=frozenset({"run_stream.own-retries"}),
)
