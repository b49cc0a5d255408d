"""The target `langchain-anthropic`: LangChain's integration of the Anthropic API, over the Anthropic Python SDK."""

from pathlib import Path
from typing import Final

from matrix.targets.anthropic import ANTHROPIC
from matrix.targets.framework import FRAMEWORK, framework_links
from matrix.targets.names import Client
from matrix.targets.target import Example, Target

LANGCHAIN_ANTHROPIC: Final = Target(
    **FRAMEWORK,
    id="langchain-anthropic",
    title="LangChain's ChatAnthropic",
    package="langchain-anthropic",
    module="langchain_anthropic",
    checkout="langchain",
    # It passes the SDK's exceptions on, or raises classes that are derived from them.
    classes=ANTHROPIC.classes.of_parents("anthropic"),
    clients=(Client(title="ChatAnthropic", class_name="ChatAnthropic"),),
    current_api="stream",
    snippet='langchain_anthropic.ChatAnthropic(model="any", base_url="{base_url}", api_key="any", max_retries=0)',
    links=framework_links(
        "https://github.com/langchain-ai/langchain",
        "https://reference.langchain.com/python/integrations/langchain_anthropic/",
        tag_prefix="langchain-anthropic==",
    ),
    is_scanned=False,
    home=__name__,
    folder=Path(__file__).parent,
    class_handler="class-5xx-429",
    examples=(Example("langchain-anthropic==1.7.10", ("status-set",)),),
    sdk="anthropic",
    patched="anthropic",
    patch_source=ANTHROPIC.patch,
)
