"""README, docs and noxfile agree with the code and the data."""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable

import click
import msgspec
import pytest
import yaml

from matrix import cli, errors
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import CATALOGUE
from matrix.cli import cli as command_line
from matrix.cli import reference
from matrix.cli.sdks import read_sdks, stores_of_targets
from matrix.compare.sdks import SdkRow
from matrix.findings.model import EXIT_CODES
from matrix.harness.jobs import offered_extras
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.releases import selection
from matrix.site import render
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.handlers.pages import handler_pages, prove
from matrix.site.home_page import home_page
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from tests.miniature.drive import run_command
from tests.support.paths import DATA, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
"""Every document but the changelog and the security policy."""

LARGEST = 8_000_000
"""Bytes of all committed data."""


@pytest.fixture(scope="module")
def sessions() -> dict[str, set[str]]:
    """List the tags of every session, as `nox -l` prints them, without a network."""
    arguments = [sys.executable, "-m", "nox", "--list", "--script-mode", "none", "-f", str(ROOT / "noxfile.py")]
    listing = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^[*-] (\S+)(?: \[(\S+)\])? ->", listing, flags=re.MULTILINE)
    return {name: set(tags.split(",")) - {""} for name, tags in rows}


def test_nox_has_a_session_for_every_release_in_the_catalogue(sessions: dict[str, set[str]]) -> None:
    """The newest release, each major version and each 0.x series have tags."""
    entries = json.loads((DATA / "releases.json").read_bytes())["entries"]
    assert set() == {f"sdk({version})" for version in entries} - sessions.keys()
    assert {"0.28.x", "0.x"} == sessions["sdk(0.28.1)"]
    assert 1 == sum("latest" in tags for tags in sessions.values())


def test_nox_has_sessions_for_the_newest_releases_of_each_target(sessions: dict[str, set[str]]) -> None:
    """The tag is the id of the target, and the newest release that has a result is among them."""
    for target in TARGETS.values():
        store = Store(ROOT / "reports" / "data" / target.id, target)
        measured = {cell.version for cell in store.cells() if cell.lane is Lane.TODAY}
        newest = selection.newest_version({version: store.releases()[version] for version in measured}, target.runtime)
        tagged = {name for name, tags in sessions.items() if target.id in tags}
        prefix = "" if target.is_default else f"{target.id}-"
        assert f"sdk({prefix}{newest})" in tagged
        assert 1 <= len(tagged) <= 3


def test_nox_has_the_sessions_of_the_documents(sessions: dict[str, set[str]]) -> None:
    """Every `nox -s NAME` and `nox -t TAG` in a document exists."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    named = [name.strip('"') for name in re.findall(r'nox -s ("[^"]+"|[\w-]+)', text)]
    tagged = re.findall(r"nox -t (\S+?)[\s`]", text)
    assert {"tests", "pin"} < set(named)
    assert [] == [name for name in named if name not in sessions]
    assert [] == [tag for tag in tagged if tag not in set().union(*sessions.values())]


def test_every_command_of_the_readme_exists() -> None:
    """Its options exist too."""
    context = click.Context(command_line)
    for name in set(re.findall(r"`matrix ([a-z]+)", README)):
        assert command_line.get_command(context, name) is not None, name
    run = command_line.get_command(context, "run")
    assert run is not None
    row = next(line for line in README.splitlines() if line.startswith("| `matrix run` |"))
    known = {option for parameter in run.params for option in parameter.opts}
    assert set() == set(re.findall(r"--[a-z-]+", row)) - known


def test_every_command_is_in_the_readme() -> None:
    """The table of commands is complete."""
    names = command_line.list_commands(click.Context(command_line))
    assert [name for name in names if f"`matrix {name}" not in README] == []


def test_every_exit_code_is_documented() -> None:
    """A failure's code is in the page of exit codes, and no other code is."""
    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    failures = {kind.exit_code for kind in errors.MatrixError.__subclasses__()}
    codes = failures | set(EXIT_CODES.values()) | {cli.REFUSED, cli.BUG, cli.INTERRUPTED}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE)}
    assert codes == documented


CONSOLE = [
    (shlex.split(command)[1:], shown)
    for path in (ROOT / "README.md", ROOT / "docs" / "questions.md")
    for block in re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for command, shown in re.findall(r"^\$ (matrix .+)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE)
]
"""Every command that README and the page of questions show, with its shown output."""


@pytest.mark.parametrize(("arguments", "shown"), CONSOLE, ids=lambda value: value[0] if isinstance(value, list) else "")
def test_a_command_prints_the_output_that_a_document_shows(arguments: list[str], shown: str) -> None:
    """Commands run in docs/example; a line of three dots stands for omitted lines."""
    if arguments[0] == "run":
        pytest.skip("it measures, from the package index")
    environment = {name: value for name, value in os.environ.items() if name != "MIDSTREAM_DATA"}
    ran = subprocess.run(
        [sys.executable, "-m", "matrix", *arguments], cwd=ROOT / "docs" / "example", env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown.splitlines())
    assert re.fullmatch(pattern, ran.stdout), ran.stdout


def test_the_page_of_commands_has_the_text_of_help() -> None:
    """`python -m matrix.cli.reference > docs/commands.md` writes the page."""
    assert reference.page() == (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def known() -> EpochViews:
    """Read the epoch views of the committed data."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


def test_the_readme_answers_with_the_figures_of_the_data(known: EpochViews) -> None:
    """The committed data gives every figure."""
    answer = home_page(known).answer
    text = " ".join(README.split())
    assert f"({answer.until}, {answer.listed} releases, newest {answer.newest})" in text
    assert f"**{answer.documented} of {answer.seen}** releases raise the documented code" in text
    assert f"{answer.code_200} say `status_code=200`; the other {len(answer.no_code)} (" in text
    assert f"From **{answer.typed_since}** on, `error.type` names the error" in text
    assert answer.silent == answer.eof_seen == answer.listed
    assert f"raises no exception in {answer.silent} of {answer.eof_seen} releases" in text
    assert answer.control is True


SDK_COLUMNS: dict[str, Callable[[SdkRow], str]] = {
    "package": lambda row: row.package,
    "newest": lambda row: row.version,
    "an overloaded stream raises": lambda row: row.summarised.words,
    "class": lambda row: row.summarised.origin or "none",
    "retried": lambda row: row.summarised.repetition,
    "silent failures": lambda row: f"{row.silent} of {row.counted}",
}
"""Title of each column that README may have to its text for a package."""


def test_the_readme_shows_what_the_newest_release_of_each_target_raises() -> None:
    """Its table is a part of the page that compares all targets."""
    lines = README.splitlines()
    head = next(line for line in lines if line.startswith("| package | newest |"))
    columns = [SDK_COLUMNS[title] for title in head.strip("| ").split(" | ")]
    table = read_sdks(stores_of_targets(Store(DATA, ANTHROPIC)))
    rows = [f"| {' | '.join(column(row) for column in columns)} |" for row in table.sdks]
    start = lines.index(head) + 2
    assert rows == lines[start : start + len(rows)]
    assert "" == lines[start + len(rows)]


def test_the_readme_counts_the_releases_that_raise_on_a_reset_and_a_stall(known: EpochViews) -> None:
    """A release counts if every call that it has raises."""
    ends: dict[str, set[Outcome]] = {}
    for view in (view for lane in known.views.values() for view in lane):
        outcomes = {
            observation.outcome for call, observation in view.behaviour.items() if call.scenario in {"reset", "stall"}
        }
        for version in view.epoch.versions:
            ends.setdefault(version, set()).update(outcomes)
    not_called = {Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT, Outcome.CANNOT_IMPORT}
    raising = [version for version, outcomes in ends.items() if outcomes - not_called == {Outcome.RAISED}]
    assert f"does raise, in {len(raising)} of {len(ends)}" in " ".join(README.split())


def test_the_remedy_is_right_or_has_a_stated_limit(known: EpochViews) -> None:
    """This covers every observation of every release from 0.3 on; README has the figures, and no limit is unused."""
    proof = prove(known)
    assert () == proof.unexplained
    assert list(ANTHROPIC.remedy_limits) == [case.limit for case in proof.limits]
    counts = {client.id: count for client, count in proof.clients}
    own, bedrock = counts[""], counts["bedrock"]
    text = " ".join(README.split())
    assert f"right on {own.watched_right:,} of {own.watched:,} observations of the first-party client" in text
    assert f"on {bedrock.watched_right:,} of {bedrock.watched:,} of Bedrock" in text


def test_the_command_and_the_site_count_the_remedy_alike(known: EpochViews) -> None:
    """Check the command that docs/remedy.md names."""
    done = run_command("--data", DATA, "list", "remedy", "--format", "json")
    counts = {each.pop("client"): each for each in json.loads(done.out)["remedy"]}
    assert {client.name: msgspec.to_builtins(count) for client, count in prove(known).clients} == counts
    text = run_command("--data", DATA, "list", "remedy").out
    assert all(limit.reason in text for limit in ANTHROPIC.remedy_limits)


def test_the_page_of_the_remedy_counts_each_client(known: EpochViews) -> None:
    """Check every row of the table, and that the counts of the clients make the total."""
    proof = prove(known)
    text = (ROOT / "docs" / "remedy.md").read_text(encoding="utf-8")
    rows = [
        f"| `{client.name}` | {count.releases} | {count.watched_right:,} of {count.watched:,} "
        f"| {count.unwatched_right:,} of {count.unwatched:,} |"
        for client, count in proof.clients
    ]
    assert [client.name for client in ANTHROPIC.clients] == [client.name for client, _ in proof.clients]
    assert "\n".join(rows) in text
    assert proof.total.watched == sum(count.watched for _, count in proof.clients)
    assert f"the {proof.total.releases} from 0.3 on count" in text
    assert f"with {len(known.source.releases)} releases" in text


def test_the_readme_counts_the_releases_in_which_handlers_work(known: EpochViews) -> None:
    """The handlers are the missing class, the undocumented status, the body, and the remedy."""
    rows = {row.handler.id: row for row in handler_pages(ANTHROPIC, known.views)}
    text = " ".join(README.split())
    overloaded, body, remedy = rows["class-overloaded"], rows["body-type"], rows["remedy"]
    assert f"in {overloaded.crashed} of {overloaded.releases} releases there is no such attribute" in text
    assert f"in the other {overloaded.releases - overloaded.crashed} it misses the error" in text
    assert (0, 0) == (overloaded.retries, rows["status-429-529"].retries)
    assert f"works in {body.retries} of {body.releases} releases" in text
    assert f"works in all {remedy.retries}" in text
    assert remedy.retries == remedy.releases


def test_every_release_is_measured_in_both_lanes_with_this_suite() -> None:
    """The data is small enough for every clone."""
    store = Store(DATA, ANTHROPIC)
    measured = {cell for cell, stored in store.cells().items() if stored.suite == ANTHROPIC.digest}
    expected_cells = selection.with_extras(
        selection.cells(list(store.releases().values()), list(Lane), [ANTHROPIC.runtime]), offered_extras(store)
    )
    assert set(expected_cells) == measured
    size = sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file())
    assert size < LARGEST


def test_the_documents_count_scenarios_surfaces_calls_and_handlers() -> None:
    """README counts the handlers, and the page of the method the rest."""
    text = " ".join((README + (ROOT / "docs" / "method.md").read_text(encoding="utf-8")).split())
    assert f"{len(CATALOGUE)} scenarios in ten families" in text
    assert 10 == len({scenario.family for scenario in CATALOGUE.values()})
    of_messages = sum(Dialect.MESSAGES in scenario.dialects for scenario in CATALOGUE.values())
    apart = f"but for {len(ANTHROPIC.suite.confined)} that only a few calls play"
    assert f"The four main calls play the {of_messages} that exist in the dialect of the Messages API, {apart}." in text
    assert f"{len(ANTHROPIC.surfaces) - 4} others" in text
    assert f"{len(ANTHROPIC.suite.calls()):,} calls a cell" in text
    of_extras = ", ".join(f"{len(ANTHROPIC.suite.calls(extra=extra))} with {extra}" for extra in ANTHROPIC.suite.extras)
    assert f"A cell with an extra makes the calls that need it: {of_extras}." in text
    assert f"What {len(ANTHROPIC.handlers) - 1} other ways" in text


def test_the_readme_has_two_set_up_commands() -> None:
    """One command runs the main job, the other the tests."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    assert blocks == ["python3 -m pip install nox && nox   # or: uvx nox\n", "nox -s tests\n"]


def test_the_commit_hooks_run_the_commands_of_lint() -> None:
    """The hooks download no program: they use the PATH."""
    source = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    [session] = [node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == "lint"]
    commands = [
        [word.value for word in node.args if isinstance(word, ast.Constant)]
        for node in ast.walk(session)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.run"
    ]
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [repository] = config["repos"]
    assert "local" == repository["repo"]
    assert {"system"} == {hook["language"] for hook in repository["hooks"]}
    entries = [shlex.split(hook["entry"]) for hook in repository["hooks"]]
    assert [command[:2] for command in commands if command[0] == "ruff"] == [
        entry[:2] for entry in entries if entry[0] == "ruff"
    ]
    assert [command for command in commands if command[0] != "ruff"] == [
        entry for entry in entries if entry[0] != "ruff"
    ]


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements-*.txt")))
def test_every_requirement_is_pinned_with_hashes(name: str) -> None:
    """Every requirement has a version and at least one hash."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


def test_the_service_has_the_versions_of_the_tests() -> None:
    """The service installs no package that is only for development."""
    pins = {
        name: dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements-dev.txt", "requirements-service.txt")
    }
    service, tools = pins["requirements-service.txt"], pins["requirements-dev.txt"]
    assert {"click", "msgspec", "uv"} <= service.keys()
    assert set() == {"pytest", "nox", "zizmor"} & service.keys()
    assert service == {name: tools.get(name) for name in service}
