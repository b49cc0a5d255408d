"""Every command that takes a release takes the same spellings of one."""

from pathlib import Path
from typing import Final

import pytest

from matrix.cli.arguments import looks_like_release, without_package
from matrix.targets import ANTHROPIC, ANTHROPIC_TYPESCRIPT
from tests.miniature.drive import run_command
from tests.support.paths import DATA

CODE: Final = "import anthropic\ntry:\n    f()\nexcept anthropic.APIError:\n    pass\n"

COMMANDS: Final = {
    "diff": (("diff", "0.45.2", "{}"), "0.45.2 -> {}"),
    "explain": (("explain", "{}"), "{} today, Python 3.11"),
    "scan": (("scan", "x.py", "--release", "{}"), "Judged by {}: the option --release."),
    "advise": (("advise", "{}"), "Allowed: anthropic=={}, on Python 3.11"),
}
"""Command to what is typed, and what it answers."""


@pytest.mark.parametrize(
    ("spelling", "version"),
    [
        ("2.12.0", "2.12.0"),
        ("2.12", "2.12.0"),
        ("v2.12.0", "2.12.0"),
        ("==2.12.0", "2.12.0"),
        ("anthropic==2.12.0", "2.12.0"),
        ("Anthropic[bedrock] == 2.12.0", "2.12.0"),
        ("anthropic@2.12.0", "2.12.0"),
        ("anthropic@latest", "2.14.0"),
        ("latest", "2.14.0"),
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_release_is_named_in_the_same_ways_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, spelling: str, version: str
) -> None:
    """Check that the answer is about that release."""
    (tmp_path / "x.py").write_text(CODE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    typed, answer = COMMANDS[command]
    done = run_command("--data", DATA, *(word.replace("{}", spelling) for word in typed))
    shown = version.removesuffix(".0") if command == "advise" and spelling == "2.12" else version
    assert answer.format(shown) in done.out + done.err


@pytest.mark.parametrize("command", [("diff", "0.45.2"), ("explain",), ("scan", "x.py", "--release"), ("advise",)])
def test_a_release_of_another_package_is_refused(command: tuple[str, ...]) -> None:
    """Check that it is not taken for one of the SDK."""
    done = run_command("--data", DATA, *command, "anthropics==2.12.0")
    assert (2, True) == (done.code, "anthropics==2.12.0" in done.err)


def test_a_scan_takes_one_release() -> None:
    """Check a range."""
    done = run_command("--data", DATA, "scan", "x.py", "--release", ">=1")
    assert (2, True) == (done.code, "'>=1' selects" in done.err)


@pytest.mark.parametrize("typed", ["anthropic==2.12.0", "2.12.0", "anthropic>=0.40", "latest", "anthropic"])
def test_a_check_of_a_release_names_the_commands_that_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """Check that a file of that name is read."""
    monkeypatch.chdir(tmp_path)
    done = run_command("--data", DATA, "check", typed)
    which = "2.12.0" if "2.12.0" in typed else "latest"
    assert (2, "") == (done.code, done.out)
    assert f"{typed!r} is not a file" in done.err
    assert f"`matrix explain {which}`" in done.err
    assert f"`matrix advise '{typed}'`" in done.err
    assert 0 == run_command("--data", DATA, "advise", typed).code
    (tmp_path / typed).write_text("anthropic==0.45.2\n", encoding="utf-8")
    assert "is not a file" not in run_command("--data", DATA, "check", typed).err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anthropic", ("", "latest")),
        ("anthropic[a, b]>=1,<2", ("[a, b]", ">=1,<2")),
        ("anthropic-tools==1", ("", "anthropic-tools==1")),
        ("1.0,2.0", ("", "1.0,2.0")),
        ("anthropic.txt", ("", "anthropic.txt")),
    ],
)
def test_the_name_of_the_package_is_left_out(text: str, expected: tuple[str, str]) -> None:
    """Check that no other text is changed."""
    assert expected == without_package(ANTHROPIC, text)


def test_a_package_of_npm_is_left_out_too() -> None:
    """Check its name with a scope, and that paths are no releases."""
    assert ("", "0.81.0") == without_package(ANTHROPIC_TYPESCRIPT, "@anthropic-ai/sdk@0.81.0")
    assert looks_like_release(ANTHROPIC_TYPESCRIPT, "@anthropic-ai/sdk@^0.81.0")
    for path in ("requirements.txt", "src", "v1", "1.txt", "anthropic/", "latest.txt", "python3.11", "."):
        assert not looks_like_release(ANTHROPIC, path)
