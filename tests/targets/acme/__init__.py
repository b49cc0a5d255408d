"""A second target in miniature: another package, other classes, another status table, five scenarios."""

from pathlib import Path
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.targets.endpoint import Endpoint
from matrix.targets.links import Links
from matrix.targets.names import Classes, Client
from matrix.targets.sources import PYTHON_PROBE
from matrix.targets.target import Registry, Target
from tests.targets.acme.statuses import STATUSES

ACME: Final = Target(
    id="acme",
    title="the Acme SDK",
    registry=Registry.PYPI,
    package="acme-llm",
    module="acme_llm",
    checkout="acme-sdk",
    classes=Classes(
        base="AcmeBase",
        root="AcmeError",
        status="AcmeStatusError",
        connection="AcmeConnectionError",
        timeout="AcmeTimeout",
        overloaded="BusyError",
        by_status={422: ("BadInputError",), 503: ("BusyError",)},
    ),
    clients=(Client(title="the Acme API", class_name="Acme", aliases=frozenset({"Client"})),),
    statuses=STATUSES,
    overloaded_type="busy",
    endpoints=(Endpoint("/v2/chat", Dialect.MESSAGES),),
    api="the Acme API",
    current_api="chat",
    snippet='acme_llm.Client("{base_url}")',
    links=Links(
        repository="https://example.org/acme-sdk",
        errors="https://example.org/errors",
        streaming="https://example.org/streaming",
        handling="https://example.org/handling",
    ),
    home=__name__,
    folder=Path(__file__).parent,
    shared_probe=PYTHON_PROBE,
    class_handler="class-busy",
)
