"""Write scenarios as a file. Pure."""

from collections.abc import Iterable
from typing import Any

import msgspec

from matrix.backend.scenario_files.document import SCHEMA, ScenarioFile, from_scenario
from matrix.catalogue.steps import Scenario


def write_json(scenarios: Iterable[Scenario]) -> bytes:
    """Write scenarios as JSON."""
    return msgspec.json.format(msgspec.json.encode(_document(scenarios))) + b"\n"


def write_yaml(scenarios: Iterable[Scenario]) -> bytes:
    """Write scenarios as YAML, one step a line as far as it fits."""
    import yaml  # imported here because few commands write YAML

    class Dumper(yaml.SafeDumper):
        """A writer that indents lists, as people do, and escapes what is not printable."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            """Open a level; `indentless` is what PyYAML asks for in a list."""
            super().increase_indent(flow, False)

    def write_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
        # Without quotes, PyYAML writes U+0085 as it is and reads it as a space.
        style = None if text.isprintable() else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, write_text)
    values = msgspec.to_builtins(_document(scenarios))
    written: str = yaml.dump(values, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return written.encode()


def _document(scenarios: Iterable[Scenario]) -> Any:
    return ScenarioFile(schema=SCHEMA, scenarios=tuple(map(from_scenario, scenarios)))
