"""The scripts of the service: their commands to `git` and `gh`, with hostile text."""

import base64
import hashlib
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from matrix.service.gate import judge_publication
from matrix.service.gate_text import refusal_issues
from matrix.service.news import announcement_issues
from matrix.store import root, signature
from matrix.targets import ANTHROPIC
from tests.service.test_announcement import OLD as PUBLISHED
from tests.service.test_announcement import PLAIN, TYPED, data, find_news
from tests.service.test_gate import OLD, measured, snapshot
from tests.support.paths import ROOT
from tests.support.signing import Signer, Sigstore, statement

SCRIPTS: Final = ROOT / ".github" / "service"

GH: Final = """#!/usr/bin/env python3
import json, os, pathlib, sys
body = next((word.partition("=")[2] for word in sys.argv if word.startswith("--body-file=")), None)
if "--body-file" in sys.argv:
    body = sys.argv[sys.argv.index("--body-file") + 1]
said = pathlib.Path(body).read_text(encoding="utf-8") if body else ""
with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as log:
    print(json.dumps([sys.argv[1:], said]), file=log)
if sys.argv[1:3] == ["issue", "list"]:
    print('[{"title": "t", "body": "b"}]')
if sys.argv[1:3] == ["pr", "list"]:
    print(os.environ.get("FAKE_PR", ""))
"""
"""A `gh` that records its arguments."""


def script(name: str) -> ModuleType:
    """Import a script of the service, which is in no package."""
    specification = importlib.util.spec_from_file_location(f"service_{name}", SCRIPTS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class GhCalls:
    """The recorded calls of `gh`."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def __call__(self) -> list[tuple[list[str], str]]:
        """Return arguments, and the text of the body that they name."""
        if not self._log.exists():
            return []
        return [
            (arguments, body_text)
            for arguments, body_text in map(json.loads, self._log.read_text(encoding="utf-8").splitlines())
        ]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GhCalls:
    """Put a recording `gh` first on the path."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    return GhCalls(tmp_path / "log")


def git(folder: Path, *arguments: str) -> str:
    """Return what git prints."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


# Issues.


def test_wanted_issues_are_opened(tmp_path: Path, asked: GhCalls) -> None:
    """Check titles and bodies, labels that are made first, and text that looks like an option."""
    issues = [
        {"id": "i", "title": "--web $(id) `x`", "body": "a\nb\n<!-- midstream: i -->", "labels": ["midstream", "other"]}
    ]
    (tmp_path / "issues.json").write_text(json.dumps(issues))
    assert 0 == script("issues").main(["open", str(tmp_path / "issues.json")])
    [label, created] = asked()
    assert ["label", "create", "midstream"] == label[0][:3]
    assert ["issue", "create", "--title=--web $(id) `x`"] == created[0][:3]
    assert created[1] == issues[0]["body"]
    assert "--label=midstream" in created[0]
    assert "--label=other" not in created[0]


def test_existing_issues_are_listed_for_matrix(tmp_path: Path, asked: GhCalls) -> None:
    """Check all of ours, and open refusals."""
    assert 0 == script("issues").main(["list", str(tmp_path / "opened"), str(tmp_path / "refused")])
    assert [{"title": "t", "body": "b"}] == json.loads((tmp_path / "opened").read_text())
    (everything, _), (refused, _) = asked()
    assert ("--app", "github-actions") == (everything[2], everything[3])
    assert ["--state", "all"] == everything[-2:]
    assert ["--state", "open", "--label", "refused"] == refused[-4:]


def test_every_wanted_label_can_be_made() -> None:
    """Check gate and announcement, and the error of an unknown label."""
    opened = [
        *refusal_issues(ANTHROPIC, judge_publication(ANTHROPIC, OLD, snapshot({"1.0.0": measured()}))),
        *announcement_issues(ANTHROPIC, find_news(PUBLISHED, data({"1.0.0": PLAIN, "1.1.0": PLAIN, "1.2.0": TYPED}))),
    ]
    assert 2 == len(opened)
    assert set() == {label for issue in opened for label in issue.labels} - set(script("issues").LABELS)
    assert 2 == script("issues").main(["close"])


# The commit.


@pytest.fixture
def checkout(tmp_path: Path, asked: GhCalls, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a clone with data, and the folder that a merge handed over."""
    origin, here = tmp_path / "origin.git", tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch", "main", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(here))
    for name, text in {"reports/data/old.json": "1", "reports/data/kept.json": "1", "reports/other": "1"}.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    (here / "reports" / "data" / "checked.json").write_text("1")
    git(here, "add", "--all")
    git(here, "commit", "--quiet", "--message", "first")
    git(here, "push", "--quiet", "origin", "HEAD:main")
    merged = here / "merged"
    (merged / "data").mkdir(parents=True)
    (merged / "data" / "kept.json").write_text("2")
    (merged / "data" / "checked.json").write_text("2")
    (merged / "other").write_text("evil")
    (merged / "title.txt").write_text("1 new release (1.2.0)\n")
    (merged / "news.md").write_text("## news\n")
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.chdir(here)
    monkeypatch.setenv("BRANCH", "main")
    return here


def commit() -> int:
    """Commit what the merge handed over, with its digest."""
    return int(script("commit").main(["merged", script("artifact").digest(Path("merged"))]))


def pushed(checkout: Path, branch: str) -> tuple[str, dict[str, str]]:
    """Return the subject of the last push to a branch, and its files."""
    git(checkout, "fetch", "--quiet", "origin", branch)
    names = git(checkout, "ls-tree", "-r", "--name-only", "FETCH_HEAD").split()
    files = {name: git(checkout, "show", f"FETCH_HEAD:{name}") for name in names}
    return git(checkout, "log", "-1", "--format=%s", "FETCH_HEAD").strip(), files


EXPECTED: Final = {"reports/data/checked.json": "2", "reports/data/kept.json": "2", "reports/other": "1"}


def test_a_push_replaces_the_data_and_nothing_else(
    checkout: Path, asked: GhCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that missing files are removed."""
    monkeypatch.setenv("MIDSTREAM_COMMIT", "push")
    assert 0 == commit()
    assert ("Data: 1 new release (1.2.0)", EXPECTED) == pushed(checkout, "main")
    assert [["auth", "setup-git"]] == [arguments for arguments, _ in asked()]


def test_a_pull_request_is_opened_and_then_updated(
    checkout: Path, asked: GhCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check one branch and one request; the main branch stays."""
    monkeypatch.delenv("MIDSTREAM_COMMIT", raising=False)
    assert 0 == commit()
    assert ("Data: 1 new release (1.2.0)", EXPECTED) == pushed(checkout, "midstream-data")
    assert "first" == pushed(checkout, "main")[0]
    created, body = asked()[-1]
    assert (["pr", "create"], "## news\n") == (created[:2], body)
    git(checkout, "reset", "--quiet", "--hard", "origin/main")
    (checkout / "merged" / "title.txt").write_text("")
    (checkout / "merged" / "news.md").write_text("")
    monkeypatch.setenv("FAKE_PR", "7")
    assert 0 == commit()
    edited, body = asked()[-1]
    assert (["pr", "edit", "7"], True) == (edited[:3], "nothing changed" in body)
    assert "Data: checked every release, nothing changed" == pushed(checkout, "midstream-data")[0]


def test_equal_data_is_not_committed(checkout: Path, asked: GhCalls) -> None:
    """Check that `gh` is not called."""
    merged = checkout / "merged"
    (merged / "data" / "kept.json").write_text("1")
    (merged / "data" / "old.json").write_text("1")
    (merged / "data" / "checked.json").write_text("1")
    assert (0, []) == (commit(), asked())


def test_the_facts_of_the_index_are_committed_with_the_data(
    checkout: Path, asked: GhCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that no other file of the program is, and that the facts alone are a reason to commit."""
    monkeypatch.setenv("MIDSTREAM_COMMIT", "push")
    merged = checkout / "merged"
    for name in ("kept.json", "old.json", "checked.json"):
        (merged / "data" / name).write_text("1")
    (merged / "index.json").write_text("{}")
    (merged / "target.py").write_text("evil")
    assert 0 == commit()
    names = ("reports/data/checked.json", "reports/data/kept.json", "reports/data/old.json", "reports/other")
    facts = script("commit").INDEX.as_posix()
    assert dict.fromkeys(names, "1") | {facts: "{}"} == pushed(checkout, "main")[1]
    assert (ROOT / facts).samefile(ANTHROPIC.folder / "index.json")


def test_an_invalid_variable_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that nothing is done."""
    monkeypatch.setenv("MIDSTREAM_COMMIT", "perhaps")
    assert 2 == commit()


# The signature of the data.


def bundle(*roots: bytes) -> str:
    """Return what these scripts read of a signature: the SHA-256 of the files of root digests."""
    statement = json.dumps({"subject": [{"digest": {"sha256": hashlib.sha256(root).hexdigest()}} for root in roots]})
    return json.dumps({"dsseEnvelope": {"payload": base64.b64encode(statement.encode()).decode()}})


@pytest.fixture
def signed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add data with a root digest to the folder of the merge, and return its file of the signature."""
    monkeypatch.setenv("MIDSTREAM_COMMIT", "push")
    data = checkout / "merged" / "data" / "anthropic"
    data.mkdir()
    (data / "root.json").write_bytes(b"new")
    return data.with_name("anthropic.root.sigstore.json")


SIGNATURE: Final = "reports/data/anthropic.root.sigstore.json"


def test_a_new_signature_is_committed_beside_the_data(
    checkout: Path, signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that it replaces that of older data, and is no part of the folder."""
    signed.write_text(bundle(b"old"))
    monkeypatch.setenv("BUNDLE", bundle(b"new"))
    assert 0 == commit()
    files = pushed(checkout, "main")[1]
    assert (bundle(b"new") + "\n", "new") == (files[SIGNATURE], files["reports/data/anthropic/root.json"])


def test_one_signature_of_two_targets_is_committed_beside_both(
    checkout: Path, signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that a third target, whose data did not change, keeps its own."""
    for name in ("openai", "agno"):
        (checkout / "merged" / "data" / name).mkdir()
        (checkout / "merged" / "data" / name / "root.json").write_bytes(name.encode())
    signed.with_name("agno.root.sigstore.json").write_text(bundle(b"agno"))
    both = bundle(b"new", b"openai")
    monkeypatch.setenv("BUNDLE", both)
    assert 0 == commit()
    files = pushed(checkout, "main")[1]
    expected = {"anthropic": both + "\n", "openai": both + "\n", "agno": bundle(b"agno")}
    assert expected == {name: files[f"reports/data/{name}.root.sigstore.json"] for name in expected}


def test_the_signature_of_unchanged_data_stays(checkout: Path, signed: Path) -> None:
    """Check a run in which the job `sign` had nothing to do."""
    signed.write_text(bundle(b"new") + "\n")
    assert 0 == commit()
    assert bundle(b"new") + "\n" == pushed(checkout, "main")[1][SIGNATURE]


def test_data_is_published_without_a_signature_if_signing_failed(
    checkout: Path, signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check that the signature of older data goes: it would prove nothing."""
    signed.write_text(bundle(b"old"))
    assert 0 == commit()
    files = pushed(checkout, "main")[1]
    assert (False, "new") == (SIGNATURE in files, files["reports/data/anthropic/root.json"])
    assert "signs other data, and is removed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "forged", [bundle(b"other"), "{}", "[]", "null", "x", '{"dsseEnvelope": {"payload": "x"}}', "[" * 100_000], ids=len
)
def test_a_signature_of_other_data_is_not_committed(
    checkout: Path,
    asked: GhCalls,
    signed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    forged: str,
) -> None:
    """Check that nothing is pushed."""
    monkeypatch.setenv("BUNDLE", forged)
    assert 1 == commit()
    assert "is not that of the merged data. Nothing is committed." in capsys.readouterr().err
    assert ("first", []) == (pushed(checkout, "main")[0], asked())


def test_only_data_without_its_signature_is_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check new data, signed data, changed data, a damaged signature, and a folder without data."""
    data, root = tmp_path / "anthropic", tmp_path / "anthropic" / "root.json"
    data.mkdir()

    def to_sign() -> list[str]:
        assert 0 == script("signature").main([str(tmp_path)])
        first, *lines, last = capsys.readouterr().out.splitlines()
        assert ("unsigned<<END", "END") == (first, last)
        return lines

    old, new = (f"{hashlib.sha256(content).hexdigest()}  anthropic/root.json" for content in (b"old", b"new"))
    assert [] == to_sign()
    root.write_bytes(b"old")
    assert [old] == to_sign()
    data.with_name("anthropic.root.sigstore.json").write_text(bundle(b"old"))
    assert [] == to_sign()
    root.write_bytes(b"new")
    assert [new] == to_sign()
    data.with_name("anthropic.root.sigstore.json").write_text(bundle(b"new")[:-4])
    assert [new] == to_sign()
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "root.json").write_bytes(b"other")
    assert [new, f"{hashlib.sha256(b'other').hexdigest()}  openai/root.json"] == to_sign()
    data.with_name("anthropic.root.sigstore.json").write_text(bundle(b"other", b"new"))
    assert [f"{hashlib.sha256(b'other').hexdigest()}  openai/root.json"] == to_sign()
    assert 2 == script("signature").main([])


def test_the_scripts_and_the_program_mean_the_same_files(tmp_path: Path) -> None:
    """Check names, and that the scripts read a real signature."""
    files = script("signature")
    assert signature.path(tmp_path / "anthropic") == files.path(tmp_path / "anthropic")
    assert str(root.ROOT) == files.ROOT
    (tmp_path / files.ROOT).write_bytes(b"1")
    real = Sigstore().sign(statement(b"1"), Signer())
    assert (True, False) == tuple(files.signs(text, tmp_path / files.ROOT) for text in (json.dumps(real), "{}"))


# Data that a job takes from another.


def change(folder: Path) -> None:
    """Write other data."""
    (folder / "data" / "kept.json").write_text("3")


def rename(folder: Path) -> None:
    """Give a file another name."""
    (folder / "data" / "kept.json").rename(folder / "data" / "other.json")


def move(folder: Path) -> None:
    """Put a file into another folder."""
    (folder / "data" / "kept.json").rename(folder / "kept.json")


def add(folder: Path) -> None:
    """Add an empty file."""
    (folder / "data" / "new.json").touch()


def remove(folder: Path) -> None:
    """Remove a file."""
    (folder / "data" / "kept.json").unlink()


def link_file(folder: Path) -> None:
    """Replace a file by a link to the environment of the process, which holds a token."""
    remove(folder)
    (folder / "data" / "kept.json").symlink_to("/proc/self/environ")


def link_folder(folder: Path) -> None:
    """Replace a folder by a link to a folder with the same files."""
    (folder / "data").rename(folder.parent / "elsewhere")
    (folder / "data").symlink_to(folder.parent / "elsewhere")


def link_all(folder: Path) -> None:
    """Replace the whole folder by a link to it."""
    folder.rename(folder.parent / "elsewhere")
    folder.symlink_to(folder.parent / "elsewhere")


def make_pipe(folder: Path) -> None:
    """Replace a file by a pipe that never ends."""
    remove(folder)
    os.mkfifo(folder / "data" / "kept.json")


@pytest.mark.parametrize(
    "forge",
    [change, rename, move, add, remove, link_file, link_folder, link_all, make_pipe],
    ids=lambda do: do.__name__,
)
def test_a_folder_with_another_digest_is_not_committed(
    checkout: Path,
    asked: GhCalls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    forge: Callable[[Path], None],
) -> None:
    """Check what another job could put into an artifact, such as links that lead out of it."""
    monkeypatch.setenv("MIDSTREAM_COMMIT", "push")
    digest = script("artifact").digest(Path("merged"))
    forge(checkout / "merged")
    assert 1 == script("commit").main(["merged", digest])
    assert "Nothing is committed." in capsys.readouterr().err
    assert ("first", []) == (pushed(checkout, "main")[0], asked())


def test_a_digest_reaches_the_job_that_checks_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check the output of a job, and that another file has another digest."""
    artifact, file = script("artifact"), tmp_path / "plan.json"
    file.write_text("1")
    assert 0 == artifact.main(["digest", str(file)])
    name, _, digest = capsys.readouterr().out.strip().partition("=")
    assert ("digest", 0) == (name, artifact.main(["check", str(file), digest]))
    file.write_text("2")
    assert (1, 1) == (artifact.main(["check", str(file), digest]), artifact.main(["check", str(file), ""]))
    assert 2 == artifact.main(["digest"])


@pytest.mark.parametrize("name", ["missing", "link"])
def test_a_missing_file_has_no_digest(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Check a link without a target; both commands exit without a traceback."""
    (tmp_path / "link").symlink_to("nowhere")
    for arguments in (["digest", str(tmp_path / name)], ["check", str(tmp_path / name), "0"]):
        assert 1 == script("artifact").main(arguments)
        assert "is neither a file nor a folder" in capsys.readouterr().err
