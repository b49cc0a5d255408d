"""`check` and `advise` for a package of npm, on the committed data."""

import json
import shutil

import pytest

from tests.cli.conftest import Run, write
from tests.manifests.test_npm import FIXTURES
from tests.support.paths import DATA

ASK = ("--target", "anthropic-typescript", "--data", str(DATA.parent / "anthropic-typescript"))


def test_a_declaration_and_its_lock_are_judged(run: Run) -> None:
    """The lock has the release of the declaration, and that of an alias; what is installed is left out."""
    shutil.copytree(FIXTURES / "npm-lock-3", "app")
    write({"app/node_modules/a/package.json": '{"dependencies": {"@anthropic-ai/sdk": "0.1.0"}}'})
    code, out, err = run(*ASK, "check", "--format", "json")
    assert (1, "") == (code, err)
    assert [
        ("app/package-lock.json", 18, "@anthropic-ai/sdk@0.90.0", "0.90.0"),
        ("app/package-lock.json", 59, "@anthropic-ai/sdk@1.14.0", "1.14.0"),
        ("app/package.json", 6, "@anthropic-ai/sdk@>=0.90.0 <0.91.0", "0.90.0"),
        ("app/package.json", 7, "@anthropic-ai/sdk@1.14.0", "1.14.0"),
    ] == [
        (each["place"]["path"], each["place"]["line"], each["text"], each["release"])
        for each in json.loads(out)["subjects"]
    ]


def test_a_handler_is_judged_as_the_release_decides(run: Run) -> None:
    """Its class does not exist in an old release."""
    write({"package.json": '{"dependencies": {"@anthropic-ai/sdk": "0.39.0"}}'})
    code, out, _ = run(*ASK, "check", "--catching", "class-overloaded")
    assert 1 == code
    assert "`class-overloaded` itself crashes with TypeError" in " ".join(out.split())


def test_every_command_in_a_report_names_the_target(run: Run) -> None:
    """`scan` does not judge code in TypeScript, so it is not offered."""
    write({"package.json": '{"dependencies": {"@anthropic-ai/sdk": "^9"}}'})
    code, out, _ = run(*ASK, "check")
    text = " ".join(out.split())
    assert 3 == code
    assert "`matrix --target anthropic-typescript list handlers`" in text
    assert "`matrix --target anthropic-typescript refresh`" in text
    assert "scan" not in text
    _, document, _ = run(*ASK, "check", "--format", "json")
    assert "`matrix --target anthropic-typescript refresh`" in document


def test_a_folder_without_a_requirement_says_so(run: Run) -> None:
    """Python's requirements are none."""
    write({"requirements.txt": "anthropic==1.0\n", "package.json": "{}"})
    code, _, err = run(*ASK, "check")
    assert (4, "No requirement on @anthropic-ai/sdk was found in package.json.\n") == (code, err)


def test_an_environment_of_python_has_no_package_of_npm(run: Run) -> None:
    """The option is refused with a hint."""
    code, _, err = run(*ASK, "check", "--python", "python3")
    assert 2 == code
    assert "made for Python packages" in err


@pytest.mark.parametrize("asked", ["^0.39.0", "@anthropic-ai/sdk@^0.39.0", "0.39.0", "0.39"])
def test_a_range_of_npm_is_advised_on(run: Run, asked: str) -> None:
    """The line goes into `package.json`."""
    code, out, _ = run(*ASK, "advise", asked)
    assert 0 == code
    assert "Pin 0.39.0, released" in out
    assert '  package.json  "@anthropic-ai/sdk": "0.39.0"\n' in out


def test_any_release_is_advised_on(run: Run) -> None:
    """`latest` allows every release, as no range does."""
    assert run(*ASK, "advise") == run(*ASK, "advise", "latest")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("lodash", "'lodash' is not a range of npm."),
        ("@anthropic-ai/sdk-extra@1", "is not a requirement on @anthropic-ai/sdk."),
        ("^0.39 || ^1", "has alternatives."),
    ],
)
def test_other_text_is_refused_with_a_hint(run: Run, asked: str, message: str) -> None:
    """Check the message."""
    code, _, err = run(*ASK, "advise", asked)
    assert 2 == code
    assert message in err
    assert "Hint: " in err
