"""`matrix doctor`: what a user is told first about the projects below a folder."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, write

CODE = """\
import anthropic
client = anthropic.Anthropic()
def ask(q):
    for i in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=q, stream=True))
        except anthropic.OverloadedError:
            continue
"""
BEDROCK = CODE.replace("anthropic.Anthropic()", "anthropic.AnthropicBedrock()")
PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = ["{requirement}"]\n'
LOCK = 'version = 1\n[[package]]\nname = "anthropic"\nversion = "{version}"\n'
LOCK += 'source = {{ registry = "https://index.example/simple" }}\n'


def install(environment: str, version: str = "") -> None:
    """Make a virtual environment of files alone, with this release of the SDK."""
    site = f"{environment}/lib/python3.11/site-packages"
    write({f"{environment}/pyvenv.cfg": "home = /usr/bin\nversion = 3.11.7\n", f"{site}/README.txt": ""})
    if version:
        metadata = f"Metadata-Version: 2.1\nName: anthropic\nVersion: {version}\n"
        write({f"{site}/anthropic-{version}.dist-info/METADATA": metadata})


def projects(run: Run, *arguments: str) -> dict[str, dict[str, Any]]:
    """Run the command; return the diagnosis of each project by its folder."""
    _, out, err = run("doctor", *arguments, "--format", "json")
    assert "Traceback" not in err
    return {each["folder"]: each for each in json.loads(out)["projects"]}


def blocks(out: str) -> list[list[str]]:
    """Return the lines of each diagnosis; the last block is the summary."""
    return [block.splitlines() for block in out.split("\n\n")]


def test_two_projects_in_one_repository_are_told_apart(run: Run) -> None:
    """Each has its own release, its own code and its own finding."""
    write({"a/requirements.txt": "anthropic==0.45.2\n", "a/src/app.py": CODE, ".git/HEAD": ""})
    write({"b/requirements.txt": "anthropic==2.12.0\n", "b/app.py": "import anthropic\n"})
    code, out, err = run("doctor")
    first, second, summary = blocks(out)
    assert (1, "") == (code, err)
    assert "a: anthropic 0.45.2, pinned in a/requirements.txt:1" == first[0]
    assert "b: anthropic 2.12.0, pinned in b/requirements.txt:1" == second[0]
    assert re.search(r"Worst +✗ error in a/src/app\.py:7:9 ", "\n".join(first))
    assert "1 file, no place catches its errors" in "\n".join(second)
    assert re.fullmatch(r"2 projects: \d errors?, .*\.", summary[0])


def test_the_overloaded_stream_is_one_sentence(run: Run) -> None:
    """It is what the release was measured to raise, and what is documented."""
    write({"old/requirements.txt": "anthropic==0.45.2\n", "new/requirements.txt": "anthropic==2.12.0\n"})
    found = projects(run)
    assert "an overloaded stream raises 200 APIStatusError; documented is 529." == found["old"]["overloaded"]
    assert "raises 200 APIStatusError, type overloaded_error; documented is 529." in found["new"]["overloaded"]


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github", "sarif", "junit"])
def test_every_format_is_printed_and_written(run: Run, tmp_path: Path, form: str) -> None:
    """The file has what is printed."""
    write({"requirements.txt": "anthropic==0.45.2\n", "app.py": CODE})
    code, out, _ = run("doctor", "--format", form, "--output", f"{form}=out/report", "--exit-zero")
    assert (0, out) == (code, (tmp_path / "out" / "report").read_text(encoding="utf-8"))
    assert "0.45.2" in out
    assert ("matrix scan ." in out) == (form in {"text", "json", "markdown"})


def test_a_diagnosis_fits_a_terminal_of_any_width(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most fifteen lines; only what can't be broken is wider."""
    write({"requirements.txt": "anthropic==0.45.2\nhttpx==0.28.1\n", "app.py": CODE})
    install(".venv", "0.52.2")
    for width in (40, 80, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        _, out, _ = run("doctor")
        lines = blocks(out)[0]
        assert len(lines) <= 15
        assert [] == [line for line in lines if len(line) > width and "  matrix " not in line]


def test_a_lock_names_the_release_of_the_projects_below_it(run: Run) -> None:
    """The root of a workspace that only locks is no project of its own, and the check reads its lock too."""
    write(
        {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n', "uv.lock": LOCK.format(version="0.75.0")}
    )
    write({"packages/x/pyproject.toml": PROJECT.format(requirement="anthropic>=0.40"), "packages/x/app.py": CODE})
    ((folder, project),) = projects(run).items()
    assert ("packages/x", "0.75.0", "pinned in uv.lock:3") == (folder, project["release"], project["chosen"])
    assert "matrix check packages/x uv.lock" == project["commands"][0]


def test_an_environment_without_a_pin_names_the_release(run: Run) -> None:
    """Nothing of it is run: it has no interpreter. The scan is told the release."""
    write({"app.py": CODE})
    install(".venv", "0.52.2")
    ((folder, project),) = projects(run).items()
    assert (".", "0.52.2", "installed in .venv; no file pins one") == (folder, project["release"], project["chosen"])
    assert ["matrix check --python .venv", "matrix scan . --release 0.52.2"] == project["commands"][:2]


def test_an_environment_is_read_and_not_run(run: Run, tmp_path: Path) -> None:
    """Its interpreter, and code in its `.pth` files, would write a file."""
    install(".venv", "0.52.2")
    write({".venv/bin/python": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    Path(".venv/bin/python").chmod(0o755)
    write({".venv/lib/python3.11/site-packages/x.pth": f"import os; os.mkdir({str(tmp_path / 'ran')!r})\n"})
    assert ["0.52.2"] == [each["release"] for each in projects(run).values()]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("requirement", "release", "chosen"),
    [
        ("anthropic==0.45.2", "0.45.2", "pinned in pyproject.toml:4"),
        ("anthropic>=0.40,<1", "0.52.2", "installed in .venv; pyproject.toml:4 gives only a range"),
    ],
)
def test_a_pin_wins_over_what_is_installed_and_that_over_a_range(
    run: Run, requirement: str, release: str, chosen: str
) -> None:
    """What is installed is said in both cases."""
    write({"pyproject.toml": PROJECT.format(requirement=requirement)})
    install(".venv", "0.52.2")
    (project,) = projects(run).values()
    assert (release, chosen) == (project["release"], project["chosen"])
    assert ["0.52.2"] == [each["version"] for each in project["installed"]]
    (lines, _) = blocks(run("doctor")[1])
    assert ("0.52.2 in .venv (Python 3.11.7), not 0.45.2." in "\n".join(lines)) == (release == "0.45.2")


def test_an_environment_above_counts_up_to_the_repository(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One outside the repository does not."""
    install(".venv", "0.45.2")
    write({"repo/.git/HEAD": "", "repo/a/pyproject.toml": PROJECT.format(requirement="anthropic")})
    assert [] == projects(run, "repo/a")["repo/a"]["installed"]
    install("repo/venv", "0.52.2")
    monkeypatch.chdir("repo")
    assert ["venv"] == [each["environment"] for each in projects(run, "a")["a"]["installed"]]


def test_a_folder_of_code_is_judged_by_the_manifest_above_it(run: Run) -> None:
    """The requirement is checked too, although it is not below the folder."""
    write({"requirements.txt": "anthropic==0.45.2\n", "src/app.py": "import anthropic\n", ".git/HEAD": ""})
    ((folder, project),) = projects(run, "src").items()
    assert ("src", "pinned in requirements.txt:1") == (folder, project["chosen"])
    assert "requirements.txt" == project["worst"]["place"]["path"]
    assert ("matrix check src requirements.txt", 1) == (project["commands"][0], run("doctor", "src")[0])


def test_an_environment_that_can_t_be_read_is_no_problem_of_the_project(run: Run) -> None:
    """The reason is said; what the project pins is still judged."""
    write({"requirements.txt": "anthropic==2.12.0\n", ".venv/pyvenv.cfg": "include-system-site-packages = true\n"})
    write({".venv/lib/python3.11/site-packages/README.txt": ""})
    code, out, _ = run("doctor")
    assert (0, True) == (code, ".venv can't be read: The environment also has the packages of" in " ".join(out.split()))


def test_no_project_is_nothing(run: Run) -> None:
    """The message says what a project would have; `--allow-nothing` accepts it."""
    write({"app.py": "import os\n", "requirements.txt": "rich\n"})
    code, out, err = run("doctor")
    assert (4, "Found no project that uses the SDK.") == (code, out[:35])
    assert "No project that uses anthropic was found in . or below." in err
    assert 0 == run("doctor", "--allow-nothing")[0]


def test_code_without_a_pin_is_judged_by_the_newest_release(run: Run) -> None:
    """There is nothing to check, so the evidence for that release is shown instead."""
    write({"app.py": CODE})
    (project,) = projects(run).values()
    assert "the newest release, since no file pins one" == project["chosen"]
    assert f"matrix explain {project['release']}" == project["commands"][0]


def test_a_script_pins_the_release_of_a_folder_that_has_only_scripts(run: Run) -> None:
    """A manifest wins over it."""
    write(FOLDERS["a script"])
    ((folder, project),) = projects(run).items()
    assert (".", "0.45.2", "pinned in x.py:2") == (folder, project["release"], project["chosen"])
    write({"requirements.txt": "anthropic==2.12.0\n"})
    assert ["2.12.0"] == [each["release"] for each in projects(run).values()]


def test_a_release_that_was_not_measured_is_unknown(run: Run) -> None:
    """Unknown does not mean safe, and no sentence says more."""
    write({"requirements.txt": "anthropic==99.0.0\n", "app.py": CODE})
    code, out, _ = run("doctor")
    text = " ".join(out.split())
    assert 3 == code
    assert "Not measured: nothing is known about 99.0.0. Unknown does not mean safe." in text
    assert "? unknown in " in text
    assert "Nothing new" not in text


def test_a_client_that_the_release_lacks_is_named(run: Run) -> None:
    """Its overloaded stream is not taken from the first-party client."""
    code_on_aws = BEDROCK.replace("AnthropicBedrock", "AnthropicAWS")
    write({"requirements.txt": "anthropic==0.87.0\n", "app.py": code_on_aws})  # it came with 0.88.0
    code, out, _ = run("doctor")
    text = " ".join(out.split())
    assert 3 == code
    assert "Overload AnthropicAWS can't be used: the release has no such client with the Messages API." in text
    assert "Errors of `AnthropicAWS` are not measured" in text


def test_findings_can_be_ignored_by_option_and_by_setting(run: Run) -> None:
    """The next finding is the worst then."""
    write({"requirements.txt": "anthropic==0.45.2\n", "app.py": CODE})
    (before,) = projects(run).values()
    assert "handler-crashes" == before["worst"]["finding"]["rule"]
    (after,) = projects(run, "--ignore", "handler-crashes").values()
    assert "handler-crashes" != after["worst"]["finding"]["rule"]
    write({"pyproject.toml": '[tool.midstream]\nignore = ["handler-crashes"]\n'})
    assert [after["worst"]] == [each["worst"] for each in projects(run).values()]


def test_a_comment_suppresses_a_finding(run: Run) -> None:
    """In a manifest and in code, as for the other commands."""
    write({"requirements.txt": "anthropic==0.45.2  # midstream: ignore\n"})
    write({"app.py": CODE.replace("Error:", "Error:  # midstream: ignore")})
    assert (0, [None]) == (run("doctor")[0], [each["worst"] for each in projects(run).values()])


@pytest.mark.parametrize(
    ("argument", "message", "hint"),
    [
        ("nowhere", "The folder nowhere does not exist.", "omit PATH"),
        ("app.py", "app.py is a file, but `matrix doctor` takes the folder of a project.", "`matrix scan app.py`"),
    ],
)
def test_a_wrong_path_has_a_hint(run: Run, argument: str, message: str, hint: str) -> None:
    """No report is printed."""
    write({"app.py": CODE})
    code, out, err = run("doctor", argument)
    assert (2, "") == (code, out)
    assert message in err
    assert hint in err


def test_a_broken_manifest_is_a_problem(run: Run) -> None:
    """The rest is still said, and the exit code is that of an unreadable file."""
    write({"pyproject.toml": "[project\n", "requirements.txt": "anthropic==2.12.0\n"})
    code, out, _ = run("doctor")
    assert (2, True, True) == (code, "anthropic 2.12.0" in out, "pyproject.toml:1" in out)


FOLDERS: dict[str, dict[str, str]] = {
    "a pin": {"requirements.txt": "anthropic==0.45.2\n", "app.py": CODE},
    "the newest": {"requirements.txt": "anthropic==2.14.0\n", "app.py": CODE},
    "a range": {"pyproject.toml": PROJECT.format(requirement="anthropic>=0.40,<1"), "app.py": CODE},
    "no code": {"my project/requirements.txt": "anthropic>=0.40,<1\n"},
    "no pin": {"it's/app.py": CODE},
    "a name like an option": {"-a/requirements.txt": "anthropic==0.45.2\n", "-a/app.py": CODE},
    "a lock of its upload day": {"requirements.txt": "anthropic==0.28.1\nhttpx==0.27.2\n", "app.py": CODE},
    "not measured": {"requirements.txt": "anthropic==99.0.0\n", "app.py": CODE},
    "an environment": {"app.py": CODE},
    "a script": {"x.py": '# /// script\n# dependencies = ["anthropic==0.45.2"]\n# ///\n' + CODE},
    "a command": {"svc/Dockerfile": "RUN pip install anthropic==0.45.2\n", "svc/app.py": CODE},
    "a package that brings it": {"requirements.txt": "langchain-anthropic==0.3.0\n", "app.py": CODE},
    "a pin beside the code": {"a/requirements.txt": "anthropic==0.45.2\n", "tools/app.py": CODE, ".git/HEAD": ""},
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_three_commands_work_as_printed(run: Run, name: str) -> None:
    """None ends with a usage error or with nothing to judge, and the scan judges by the release that is named."""
    write(FOLDERS[name])
    if name == "an environment":
        install(".venv", "0.52.2")
    for project in projects(run).values():
        assert 3 == len(project["commands"])
        for command in project["commands"]:
            program, *arguments = shlex.split(command)
            code, out, err = run(*arguments)
            assert ("matrix", True) == (program, code in {0, 1, 3}), (command, code, err)
            if "scan" in arguments and "x.py" not in FOLDERS[name]:
                assert project["release"] in err, (command, out, err)


def test_the_code_is_judged_on_the_recommended_release_too(run: Run) -> None:
    """The class that the code names exists there, so it does not crash."""
    write({"a/requirements.txt": "anthropic==0.45.2\n", "a/app.py": CODE, "b/requirements.txt": "anthropic==2.14.0\n"})
    write({"b/app.py": CODE})
    first, second = projects(run).values()
    assert re.search(r"; your code has .* there, and .* now\.$", first["pin"])
    assert "there" not in second["pin"]


def test_a_project_that_is_fine_exits_with_0(run: Run) -> None:
    """Notes are no finding."""
    write({"requirements.txt": "anthropic==2.14.0\n", "app.py": "import anthropic\n"})
    code, out, _ = run("doctor")
    assert (0, True) == (code, "Keep anthropic==2.14.0: no measured release does less harm." in " ".join(out.split()))


def test_a_reproduction_needs_an_environment(run: Run) -> None:
    """The hint says how to get one."""
    write({"requirements.txt": "anthropic==0.45.2\n"})
    code, out, err = run("doctor", "--reproduce")
    assert (2, "") == (code, out)
    assert "`--reproduce` needs an environment with anthropic, but . has none." in err
    assert "matrix probe --python PATH --scenario mid-overloaded_error" in err
    install(".venv", "0.45.2")
    assert ".venv has no interpreter, so nothing was played." in " ".join(run("doctor", "--reproduce")[1].split())
