"""The command prints contradictions and a table, and ends with 1 if a release does not pass."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.truth import __main__ as command
from tests.truth.campaign import Row
from tests.truth.comparison import Agreement

AGREES = Row(program="p", entry="ask", scenario="mid", claim="retry", happened="2 attempts", agreement=Agreement.AGREES)
CONTRADICTS = msgspec.structs.replace(AGREES, happened="1 attempt", agreement=Agreement.CONTRADICTS)


def invoke(monkeypatch: pytest.MonkeyPatch, rows: dict[str, list[Row]], *arguments: str) -> tuple[int, list[str]]:
    """Run the command with the rows of some releases, and return its exit code and its lines."""
    monkeypatch.setattr(command, "play", lambda subject, version, programs: rows[version])
    result = CliRunner().invoke(command.main, [*(f"--release={version}" for version in rows), *arguments])
    return result.exit_code, result.output.splitlines()


def test_it_passes_if_every_claim_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the table is printed."""
    expected = [
        "release      agree   undecided          contradict",
        "1.0.0            1           0  (0.0%)           0",
    ]
    assert (0, expected) == invoke(monkeypatch, {"1.0.0": [AGREES]})


def test_it_fails_if_a_claim_of_one_release_contradicts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The claim is printed, and every row is written where asked."""
    rows = {"0.28.1": [CONTRADICTS], "1.0.0": [AGREES]}
    code, lines = invoke(monkeypatch, rows, "--rows", str(tmp_path / "rows"))
    assert (1, "0.28.1: p.ask in mid: claimed retry, but 1 attempt") == (code, lines[0])
    assert ["0.28.1", "0", "0", "(0.0%)", "1"] == lines[2].split()
    written = [msgspec.json.decode(line) for line in (tmp_path / "rows").read_bytes().splitlines()]
    assert [("0.28.1", "contradict"), ("1.0.0", "agree")] == [(row["release"], row["agreement"]) for row in written]


def test_it_fails_if_too_much_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so."""
    undecided = msgspec.structs.replace(AGREES, claim="undecided", agreement=Agreement.UNDECIDED)
    code, lines = invoke(monkeypatch, {"1.0.0": [AGREES, undecided]})
    assert (1, "A claim contradicts what happened, or more than 10% are undecided.") == (code, lines[-1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--release=1.0.0", "nothing"), "There is no program nothing."),
        (("--release=0.0.1", "loops"), "No calls of 0.0.1 were measured."),
    ],
    ids=["a program", "a release"],
)
def test_what_is_unknown_is_an_error(arguments: tuple[str, ...], message: str) -> None:
    """Nothing is run."""
    result = CliRunner().invoke(command.main, arguments)
    assert (2, True) == (result.exit_code, message in result.output)
