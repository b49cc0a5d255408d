"""The suite of LangChain's integration of the Anthropic API. Pure."""

from typing import Final

from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface
from matrix.targets.framework_suite import make_suite

SUITE: Final = make_suite(
    {
        "stream": Surface("ChatAnthropic.stream()", PlayedScenarios.ALL),
        "stream-async": Surface("ChatAnthropic.astream()"),
        "invoke": Surface("ChatAnthropic(streaming=True).invoke()", shows=ReturnedContent.MESSAGE),
        "stream.own-retries": Surface("ChatAnthropic.stream() without max_retries", PlayedScenarios.RETRIES),
    },
    main="stream",
    retrying=frozenset({"stream.own-retries"}),
)
