"""The page of scenario files: its example works, and its tables are complete."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import jsonschema
import pytest
import yaml

from matrix.backend.limits import MOST_ATTEMPTS, MOST_RECORDED, MOST_SCENARIOS, Limits
from matrix.backend.record.recording import RETRY_HEADERS
from matrix.backend.scenario_files.document import IdealInFile, ScenarioInFile, StepInFile
from matrix.backend.scenario_files.reading import load
from matrix.catalogue.dialect import Dialect
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT
from tests.support.raw_client import PATIENCE, listening

PAGE = (ROOT / "docs" / "scenario-files.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```yaml\n# own\.yaml\n(.*?)```", PAGE, flags=re.DOTALL)[0]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Write the example of the page."""
    path = tmp_path / "own.yaml"
    path.write_text(EXAMPLE)
    return path


def test_the_example_plays_what_it_says(own: Path) -> None:
    """Check it as a client without an SDK sees it."""
    with listening(scenarios=load([own], ANTHROPIC)) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(server.backend.url("/gateway-gives-up/v1/messages"), trust_env=False)
        second = httpx.post(server.backend.url("/gateway-gives-up/v1/messages"), trust_env=False)
        page = httpx.post(server.backend.url("/maintenance-page/v1/messages"), trust_env=False)
    assert "message_stop" in second.text
    assert (503, "2", "text/html", "<h1>Back soon</h1>\n") == (
        page.status_code, page.headers["retry-after"], page.headers["content-type"], page.text,
    )  # fmt: skip


def test_curl_shows_the_bytes(own: Path) -> None:
    """Check the command of the page."""
    [command] = re.findall(r"^curl (.*)", PAGE, flags=re.MULTILINE)
    with listening(scenarios=load([own], ANTHROPIC)) as server:
        address = command.split()[-1].replace("http://127.0.0.1:8080", server.backend.url(""))
        curl = ["curl", "--noproxy", "*", *command.split()[:-1], address]
        done = subprocess.run(curl, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert "Upstream busy" in done.stdout
    assert 18 == done.returncode  # a partial answer


def test_the_example_matches_the_published_schema() -> None:
    """An editor accepts it."""
    schema = json.loads((ROOT / "reports" / "schemas" / "scenarios.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(EXAMPLE))


def test_the_page_lists_every_step_with_its_fields() -> None:
    """Check the names of both."""
    steps = {str(type_.__struct_config__.tag): set(type_.__struct_fields__) for type_ in StepInFile.__args__}
    section = PAGE.partition("### Steps")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, flags=re.MULTILINE)
    assert steps == {name: set(re.findall(r"`(\w+)`", fields)) for name, fields in rows}


def test_the_page_lists_every_field_dialect_and_ideal() -> None:
    """Check the table of a scenario."""
    section = PAGE.partition("### Fields")[2].partition("### ")[0]
    fields = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    assert [*ScenarioInFile.__struct_fields__] == re.findall(r"`(\w+)`", " ".join(fields))
    named = set(re.findall(r"`([\w-]+)`", section))
    assert set() == {*Dialect, *(type_.__name__ for type_ in IdealInFile.__args__)} - named


def test_the_limits_of_the_page_are_those_of_the_program() -> None:
    """A person may meet them."""
    limits = Limits()
    text = " ".join(PAGE.split())
    assert f"at most {limits.body >> 20} MB and {MOST_SCENARIOS:,} scenarios" in text
    assert f"a scenario {MOST_ATTEMPTS} attempts, and the pauses of an attempt {limits.answer:g} s" in text
    assert f"At most {MOST_RECORDED >> 20} MB of answers are recorded" in text


def test_the_page_names_the_headers_that_are_recorded() -> None:
    """No other header of an answer is written."""
    named = re.findall(r"`([A-Za-z-]+)`", PAGE.partition("the headers ")[2].partition(", every chunk")[0])
    assert RETRY_HEADERS == {name.lower() for name in named}
