"""The suite of LiteLLM. Pure."""

from typing import Final

from matrix.catalogue.surfaces import PlayedScenarios, Surface
from matrix.targets.framework_suite import make_suite

SUITE: Final = make_suite(
    {
        "completion": Surface("completion(stream=True)", PlayedScenarios.ALL),
        "completion-async": Surface("acompletion(stream=True)"),
        "completion.own-retries": Surface("completion(stream=True) without max_retries", PlayedScenarios.RETRIES),
    },
    main="completion",
    retrying=frozenset({"completion.own-retries"}),
)
