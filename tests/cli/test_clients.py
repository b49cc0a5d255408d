"""What is asked about one client of the SDK is answered by that client's data, in every command."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from matrix.model import Cell, Release
from matrix.observation import Result
from matrix.targets import ANTHROPIC
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.support.behaviours import (
    CLEAN,
    LACKS,
    MAIN,
    MID,
    catalogue,
    cell,
    completed,
    error,
    fill,
    lock,
    on,
    raised,
    result,
)

BEDROCK, VERTEX, FOUNDRY = (f"{client}.{MAIN}" for client in ("bedrock", "vertex", "foundry"))
THROTTLED: Final = "mid-throttling-exception"

HANDLERS: Final = {"any-status-error": "retry", "status-set": "fail"}
TYPED: Final = raised(
    error(attributes={"status_code": 200, "type": "overloaded_error"}, text="Overloaded"), handlers=HANDLERS
)
SILENT: Final = completed("Hello", None, handlers=dict.fromkeys(HANDLERS, "accept"))
OTHER: Final = raised(error("builtins.ValueError", "builtins.Exception"), handlers=dict.fromkeys(HANDLERS, "fail"))

PLAIN: Final = (
    on(completed(), CLEAN, MAIN, VERTEX)
    | on(TYPED, MID, MAIN, VERTEX)
    | on(LACKS, CLEAN, FOUNDRY)
    | on(LACKS, MID, FOUNDRY)
)
ON_BEDROCK: Final = on(completed(), CLEAN, BEDROCK)

RELEASES: Final[dict[str, Release]] = catalogue("0.13.0", "0.109.1", "0.109.2", "0.110.0", "1.6.0", "1.7.0")
RESULTS: Final[dict[Cell, Result]] = {
    **{cell(version): result(PLAIN) for version in RELEASES},
    **{
        cell(version, extra="bedrock"): result(
            ON_BEDROCK | on(overload, MID, BEDROCK) | on(thrown, THROTTLED, BEDROCK), lock=lock(botocore="1.44.8")
        )
        for version, overload, thrown in (
            ("0.109.1", SILENT, OTHER),
            ("0.109.2", SILENT, OTHER),
            ("0.110.0", TYPED, OTHER),
            ("1.6.0", TYPED, OTHER),
            ("1.7.0", TYPED, TYPED),
        )
    },
}
"""A release without Bedrock, and five on which it changes twice; the other clients never change."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small store, once, to be read."""
    data_folder = tmp_path_factory.mktemp("clients") / "data"
    fill(data_folder, RELEASES, RESULTS)
    return data_folder


@pytest.fixture
def matrix(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Matrix:
    """Return the command line on the small store, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Matrix(folder, Index(tmp_path))


def said(matrix: Matrix, command: str, *arguments: str, code: int = 0) -> str:
    """Return what a command prints, as one line."""
    done = matrix(command, *arguments)
    assert code == done.code
    return " ".join((done.out + done.err).split())


# The history.


def test_a_history_is_that_of_the_first_party_client(matrix: Matrix) -> None:
    """No other client ends one of its epochs; where one changes is said at the end."""
    text = said(matrix, "history")
    assert "1 epoch of 6 releases, dependencies" in text
    assert text.endswith(
        "Other clients change at other releases (bedrock: 0.110.0, 1.7.0): `matrix history --client bedrock`."
    )


def test_the_history_of_a_client_finds_its_own_boundaries(matrix: Matrix) -> None:
    """A release that has no such client is not part of it."""
    text = said(matrix, "history", "--client", "bedrock")
    assert "3 epochs of 5 releases, calls of AnthropicBedrock, dependencies" in text
    assert ["0.110.0-1.6.0", "0.109.1-0.109.2"] == re.findall(r"\b\d\S+-\d\S+", text)
    assert "0.13.0" not in text
    assert "between 0.109.2 (tested) and 0.110.0 (tested) heard" in text
    assert "between 1.6.0 (tested) and 1.7.0 (tested)" in text
    assert "Other clients" not in text


def test_the_document_of_a_history_names_another_client(matrix: Matrix) -> None:
    """That of the first-party client does not, as before there were others."""
    documents = [
        json.loads(matrix("history", *client, "--format", "json").out) for client in ((), ("--client", "vertex"))
    ]
    assert [None, "vertex"] == [document.get("client") for document in documents]


# The difference of two releases.


def test_a_difference_is_that_of_the_first_party_client(matrix: Matrix) -> None:
    """One line says which others change."""
    text = said(matrix, "diff", "1.6.0", "1.7.0")
    assert "Nothing changes for a caller." in text
    assert text.endswith("bedrock changes too: `matrix diff 1.6.0:today 1.7.0:today --client bedrock`.")


def test_the_difference_of_a_client_says_what_moved(matrix: Matrix) -> None:
    """Its own calls are counted, and its own dependencies are compared."""
    text = said(matrix, "diff", "1.6.0", "1.7.0", "--client", "bedrock")
    assert "Calls of AnthropicBedrock (Amazon Bedrock). 3 calls were compared." in text
    assert f"the error is now an SDK error, not ValueError, on 1 call ({THROTTLED} on {BEDROCK})" in text
    assert f"explain 1.7.0:today {THROTTLED} {BEDROCK}" in text
    assert "changes too" not in text


def test_a_release_without_the_extra_of_a_client_can_not_be_compared(matrix: Matrix) -> None:
    """The message names the extra."""
    text = said(matrix, "diff", "0.13.0", "1.7.0", "--client", "bedrock", code=2)
    assert "0.13.0 has no extra `bedrock`, so AnthropicBedrock can't be used." in text


# The evidence for one release.


def test_the_evidence_of_a_framed_stream_has_its_bytes_and_its_frames(matrix: Matrix) -> None:
    """The event in a chunk is decoded from its base64."""
    text = said(matrix, "explain", "1.7.0", MID, BEDROCK)
    assert "1.7.0 today, Python 3.11, AnthropicBedrock (Amazon Bedrock)" in text
    assert "Content-Type: application/vnd.amazon.eventstream" in text
    assert "0010 0b 3a 65 76 65 6e 74 2d 74 79 70 65 07 00 05 63 .:event-type...c" in text
    assert "frame 212 bytes :event-type: chunk :content-type: application/json :message-type: event payload:" in text
    assert 'event in it: {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}' in text
    assert "botocore 1.44.8" in text


def test_the_evidence_says_where_a_frame_was_cut(matrix: Matrix) -> None:
    """As many bytes as the frame claims did not come."""
    matrix.data = Path("cut").absolute()
    cut = result(ON_BEDROCK | on(SILENT, "half-frame", BEDROCK))
    fill(matrix.data, RELEASES, {cell("1.7.0"): result(PLAIN), cell("1.7.0", extra="bedrock"): cut})
    assert "frame cut: 172 bytes of 232 were not sent" in said(matrix, "explain", "1.7.0", "half-frame", BEDROCK)


def test_a_scenario_that_only_another_client_plays_is_shown_on_it(matrix: Matrix) -> None:
    """Else the first-party client shows it, even if others play it too."""
    assert f"on {BEDROCK}" in said(matrix, "explain", "1.7.0", THROTTLED)
    assert f"on {MAIN}" in said(matrix, "explain", "1.7.0", MID)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["bom", BEDROCK],
            f"bom is not played on {BEDROCK}: it is not applicable there, since it exists only in the dialects",
        ),
        ([THROTTLED, "--client", "vertex"], "is not played on AnthropicVertex: it is not applicable there"),
        ([MID, MAIN, "--client", "vertex"], f"{MAIN} is a call of the client first-party."),
        (
            ["--client", "bedrok"],
            "There is no client 'bedrok'. Hint: Did you mean bedrock? `matrix list clients` shows them.",
        ),
    ],
)
def test_a_call_that_does_not_exist_says_why(matrix: Matrix, arguments: list[str], message: str) -> None:
    """A dialect that cannot carry a scenario is no lack of the release."""
    assert message in said(matrix, "explain", "1.7.0", *arguments, code=2)


# Advice.


def test_a_requirement_with_an_extra_is_judged_for_its_client(matrix: Matrix) -> None:
    """On this release, Bedrock ends silently where the first-party client raises."""
    Path("requirements.txt").write_text("anthropic[bedrock]==0.109.2\n", encoding="utf-8")
    text = said(matrix, "check", "requirements.txt", "--catching", "any-status-error", code=1)
    assert "judged for AnthropicBedrock" in text
    assert "On 0.109.2 with AnthropicBedrock, `any-status-error` treats 1 kind of failure as success" in text
    other = said(matrix, "check", "requirements.txt", "--catching", "any-status-error", "--client", "first-party")
    assert "AnthropicBedrock" not in other


def test_settings_name_the_clients_of_a_project(matrix: Matrix) -> None:
    """An option wins over them."""
    Path("requirements.txt").write_text("anthropic==0.109.2\n", encoding="utf-8")
    Path("pyproject.toml").write_text('[tool.midstream]\nclients = ["vertex"]\n', encoding="utf-8")
    assert "judged for AnthropicVertex" in said(matrix, "check", "requirements.txt")
    assert "judged for AnthropicFoundry" in said(matrix, "check", "requirements.txt", "--client", "foundry", code=1)


def test_a_client_that_a_release_lacks_can_not_be_used(matrix: Matrix) -> None:
    """It is no client that was not measured."""
    Path("requirements.txt").write_text("anthropic==1.7.0\n", encoding="utf-8")
    text = said(matrix, "check", "requirements.txt", "--client", "foundry", code=1)
    assert "On 1.7.0, AnthropicFoundry can't be used: the release has no such client with the Messages API." in text
    text = said(matrix, "check", "requirements.txt", "--client", "aws", code=3)
    assert "On 1.7.0, AnthropicAWS was not measured" in text


def test_a_release_is_recommended_for_a_client(matrix: Matrix) -> None:
    """The pin has the extra that the client needs."""
    text = said(matrix, "advise", "<1.7", "--client", "bedrock", "--catching", "any-status-error")
    assert "for any-status-error, with bedrock." in text
    assert "anthropic[bedrock]==1.6.0" in text
    assert "lacks the extra bedrock: 1 (0.13.0)" in text


# Code.

CODE: Final = """\
import anthropic

client = anthropic.{client}()


def ask():
    while True:
        try:
            for event in client.messages.{call}:
                print(event)
            return
        except anthropic.APIStatusError:
            continue
"""


@pytest.mark.parametrize(
    ("client", "call", "findings"),
    [
        ("Anthropic", "create(stream=True)", []),
        ("AnthropicBedrock", "create(stream=True)", ["handler-takes-failure-for-answer"]),
        ("AnthropicVertex", "create(stream=True)", ["cannot-judge"]),
        ("AnthropicVertex", "stream()", ["unknown-release"]),
        ("AnthropicAWS", "create(stream=True)", ["unknown-release"]),
    ],
)
def test_code_is_judged_by_the_record_of_its_client(
    matrix: Matrix, client: str, call: str, findings: list[str]
) -> None:
    """A call that was not played on the client is not judged by one that was."""
    Path("app.py").write_text(CODE.format(client=client, call=call), encoding="utf-8")
    done = matrix("scan", "app.py", "--release", "0.109.2", "--format", "json")
    (subject,) = json.loads(done.out)["subjects"]
    assert findings == [finding["rule"] for finding in subject["findings"]]


def test_the_doctor_speaks_of_the_client_that_the_code_makes(matrix: Matrix) -> None:
    """In its sentence about an overload, in the pin, and in its commands."""
    Path("requirements.txt").write_text("anthropic==0.109.2\n", encoding="utf-8")
    Path("app.py").write_text(CODE.format(client="AnthropicBedrock", call="create(stream=True)"), encoding="utf-8")
    text = said(matrix, "doctor", code=1)
    assert "An overloaded stream of AnthropicBedrock raises no exception; documented is 529." in text
    assert "not measured" not in text
    assert "anthropic[bedrock]==1.7.0" in text
    assert "matrix diff 0.109.2 1.7.0 --client bedrock" in text


# Lists.


def test_the_clients_are_listed(matrix: Matrix) -> None:
    """With the class that people construct and the extra that installs it."""
    items = json.loads(matrix("list", "clients", "--format", "json").out)["clients"]
    assert [client.name for client in ANTHROPIC.clients] == [item["id"] for item in items]
    assert {"AnthropicBedrock"} == {item["class"] for item in items if item["extra"] == "bedrock"}
    assert all(item["plays"] for item in items)


def test_the_surfaces_of_one_client_are_listed(matrix: Matrix) -> None:
    """The others are left out."""
    items = json.loads(matrix("list", "surfaces", "--client", "vertex", "--format", "json").out)["surfaces"]
    assert {"vertex"} == {item["client"] for item in items}
    assert "vertex.messages.create" in said(matrix, "list", "surfaces", "--client", "vertex")


def test_a_scenario_is_listed_with_its_dialects(matrix: Matrix) -> None:
    """The table names them where there are some in which it does not exist."""
    items = {item["id"]: item for item in json.loads(matrix("list", "scenarios", "--format", "json").out)["scenarios"]}
    assert ["bedrock"] == items[THROTTLED]["dialects"]
    assert "bedrock" not in items["bom"]["dialects"]
