"""The target `langchain-anthropic`: LangChain's integration of the Anthropic API, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.endpoint import Endpoint
from matrix.targets.names import Client
from matrix.targets.target import PYTHON_PROBE, Example, Links, Registry, Target

LANGCHAIN_ANTHROPIC: Final = Target(
    id="langchain-anthropic",
    title="LangChain's ChatAnthropic",
    registry=Registry.PYPI,
    package="langchain-anthropic",
    module="langchain_anthropic",
    checkout="langchain",
    # It passes the SDK's exceptions on, or raises classes that are derived from them.
    classes=ANTHROPIC.classes.of_parents("anthropic"),
    clients=(Client(title="ChatAnthropic", class_name="ChatAnthropic"),),
    statuses=ANTHROPIC.statuses,
    endpoints=(Endpoint("/v1/messages", Dialect.MESSAGES),),
    api="the Anthropic API",
    current_api="stream",
    snippet='langchain_anthropic.ChatAnthropic(model="any", base_url="{base_url}", api_key="any", max_retries=0)',
    links=Links(
        repository="https://github.com/langchain-ai/langchain",
        errors=ANTHROPIC.links.errors,
        streaming=ANTHROPIC.links.streaming,
        handling="https://reference.langchain.com/python/integrations/langchain_anthropic/",
        tag_prefix="langchain-anthropic==",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-5xx-429",
    examples=(Example("langchain-anthropic==1.7.10", ("status-set",)),),
    is_scanned=False,
    is_sampled=True,
    sdk="anthropic",
    patched="anthropic",
    patch_source=ANTHROPIC.patch,
)
