"""`matrix doctor`: say what a user has to know first about each project below a folder."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import click
import msgspec

from matrix import __version__
from matrix.advice.carried import judge_carried
from matrix.advice.diagnosis import ProjectFacts, diagnose, find_unmeasured, judged_by, place_path, recommend_for
from matrix.advice.pin import Advice
from matrix.advice.pins import PinnedRelease, find_pinned
from matrix.advice.requirements import build_report, check
from matrix.advice.suppressions import suppress
from matrix.cli import arguments, output
from matrix.cli.freshness import data_age, warn_if_stale
from matrix.cli.locks_above import decide_by_locks
from matrix.cli.nearest_pins import NearestPins
from matrix.cli.project_settings import read_settings
from matrix.cli.projects import Project, ProjectTree, drop_locks
from matrix.cli.scanned_code import JudgedCode, Pins, judge_files
from matrix.cli.source_lines import SourceLines
from matrix.cli.terminal import say
from matrix.errors import UsageError
from matrix.findings.model import Diagnosis, Report, State, Subject
from matrix.manifests import Manifest
from matrix.manifests.carried import CarriedTarget
from matrix.model import Lane
from matrix.scan.clients import find_clients
from matrix.scan.reading import Code, find_python_files, read_code
from matrix.scan.sdk import Sdk
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store


@click.command("doctor")
@click.argument("path", default=Path(), type=click.Path(path_type=Path), metavar="[PATH]")
@click.option(
    "--reproduce",
    is_flag=True,
    help="Also play an overloaded error inside a stream in each project's own environment, and print what it raises.",
)
@output.options
@click.pass_obj
def doctor_command(
    store: Store,
    path: Path,
    reproduce: bool,
    ignore: tuple[str, ...],
    form: str,
    files: tuple[tuple[str, Path], ...],
    exit_zero: bool,
    allow_nothing: bool,
) -> None:
    """Say what each of your projects pins, what fails, and what to do.

    Finds the projects in the folder PATH and below it; default: this folder. For each: the release that it pins or has
    installed, what an overloaded stream looks like there, the worst finding, what to pin and what to write, and the
    three commands that print the rest. Uses no network. Runs nothing of yours, except with --reproduce: that plays one
    call with the interpreter of the environment, in a sandbox if this machine has one.

    \b
    Exit codes: 0 fine, 1 a finding, 2 usage or an unreadable file,
    3 a release that was not measured, 4 no project that uses the SDK.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    arguments.require_python_package(store.target, "matrix doctor")
    arguments.require_scanned(store.target)
    root = _folder(path)
    knowledge = queries.knowledge(store, store.target.runtime)
    ignore = ignore or read_settings(store.target, knowledge.handlers, (root,)).ignore
    nearest = NearestPins(store.target, knowledge, (root,))
    tree = ProjectTree(store.target, root, nearest)

    def pins_of(file: Path) -> Pins:
        return judged_by(knowledge, nearest.of_file(file), tree.environments_of(file.parent).values())

    shown = {output.display_path(file): file for file in find_python_files([root])}
    code = judge_files(store, knowledge, shown, pins_of, ignore)
    projects = tree.find_projects(code.handlers)
    pins = {project.shown: _pins(knowledge, nearest, project) for project in projects}
    projects = drop_locks(projects, [pin.where for each in pins.values() for pin in each])
    outer = _read_outer(nearest, tree, pins.values())
    checked = _check(knowledge, [*tree.manifests, *outer], tree.carried, projects, ignore)
    reproduced = _reproduce(store, root, projects) if reproduce else {}
    age, is_stale = data_age(store, knowledge.measured)
    diagnoses: list[Diagnosis] = []
    there = _OtherReleases(store, knowledge, shown, len(code.handlers), ignore)
    for project in projects:
        facts = _facts(project, pins[project.shown], checked, code)
        clients = _find_clients(store, {name: shown[name] for name in project.files})
        facts = msgspec.structs.replace(facts, clients=clients)
        facts = msgspec.structs.replace(facts, unmeasured=find_unmeasured(knowledge, facts))
        advice = recommend_for(knowledge, facts)
        facts = msgspec.structs.replace(
            facts,
            places_there=there.judge(project, facts, advice),
            reproduced=next((reproduced[each] for each in project.environments if each in reproduced), ""),
        )
        diagnoses.append(diagnose(knowledge, facts, advice, age, is_stale=is_stale))
    problems = dict.fromkeys([*nearest.problems, *checked.problems, *code.report.problems])
    subjects = [*checked.subjects, *code.report.subjects]
    report = build_report("doctor", knowledge, __version__, subjects, list(problems), ())
    report = msgspec.structs.replace(report, projects=tuple(diagnoses))
    if not diagnoses and not report.problems:
        say(f"No project that uses {store.target.package} was found in {output.display_path(root)} or below.", err=True)
        say("A project has a file that requires it, an environment that has it, or code that imports it.", err=True)
    warn_if_stale(store, knowledge.measured)
    output.emit(report, form, files, exit_zero=exit_zero, allow_nothing=allow_nothing)


def _folder(path: Path) -> Path:
    """Return a folder as an absolute path without `..`.

    Raises:
        UsageError: There is no such folder.
    """
    if path.is_dir():
        return Path(os.path.abspath(path))  # noqa: PTH100 - `Path.resolve` follows links, and reports name the folder
    shown = output.display_path(path)
    if path.exists():
        raise UsageError(
            f"{shown} is a file, but `matrix doctor` takes the folder of a project.",
            f"Name its folder, or check the file alone: `matrix check {shown}`, or `matrix scan {shown}` for code.",
        )
    raise UsageError(
        f"The folder {shown} does not exist.", "Name a folder with a project, or omit PATH for this folder."
    )


def _pins(knowledge: Knowledge, nearest: NearestPins, project: Project) -> Pins:
    """Return the releases that a project pins; if only its scripts or commands name any, theirs."""
    pins = nearest.of_folder(project.folder)
    if not any(pin.where for pin in pins):
        return tuple(find_pinned(knowledge, project.manifests))
    return pins


def _read_outer(nearest: NearestPins, tree: ProjectTree, pins: Iterable[Pins]) -> list[Manifest]:
    """Read the manifests that pin a release and are not below the folder, but above or beside it."""
    files = dict.fromkeys(place_path(pin.where) for each in pins for pin in each if pin.where)
    below = {manifest.path for manifest in tree.manifests}
    return [nearest.read(Path(path)) for path in files if path not in below]


def _check(
    knowledge: Knowledge,
    declared: Iterable[Manifest],
    carried: Iterable[CarriedTarget],
    projects: Iterable[Project],
    ignore: Iterable[str],
) -> Report:
    """Judge all requirements, and what the environments of projects have."""
    environments: dict[str, Manifest] = {}
    for project in projects:
        environments |= project.environments
    manifests = [
        *decide_by_locks(knowledge.target, list(declared)),
        *(msgspec.structs.replace(manifest, problems=()) for manifest in environments.values() if manifest.entries),
    ]
    others = judge_carried(knowledge.target, carried, manifests, tuple(ignore))
    report = check(knowledge, manifests, __version__, (), tuple(ignore), others)
    return suppress(report, SourceLines().line_of, State.UNJUDGED)


def _facts(project: Project, pins: Pins, checked: Report, code: JudgedCode) -> ProjectFacts:
    """Collect what is known of a project."""
    required = {entry.place for manifest in project.manifests for entry in manifest.entries}
    required |= {carried.entry.place for carried in project.carried}
    pinning = {pin.where for pin in pins}
    files = set(project.files)
    handlers = [code.handlers[file] for file in project.files]
    return ProjectFacts(
        folder=project.shown,
        manifests=project.manifests,
        environments=project.environments,
        pins=pins,
        carriers=tuple(carried.package for carried in project.carried),
        requirements=tuple(
            subject for subject in checked.subjects if subject.place in required or str(subject.place) in pinning
        ),
        installed=tuple(subject for subject in checked.subjects if subject.place.path in project.environments),
        places=tuple(subject for subject in code.report.subjects if subject.place.path in files),
        files=len(files),
        handlers=frozenset().union(*handlers),
    )


class _OtherReleases:
    """Code, judged on the releases that are recommended instead of those that it uses, once on each.

    Args:
        store: The data.
        knowledge: The knowledge in it.
        files: The files, by their paths as they are shown.
        using: The number of files that use the SDK.
        ignore: The ids of rules to leave out.
    """

    def __init__(
        self, store: Store, knowledge: Knowledge, files: Mapping[str, Path], using: int, ignore: tuple[str, ...]
    ) -> None:
        self._store = store
        self._knowledge = knowledge
        self._files = files
        self._using = using
        self._ignore = ignore
        self._judged: dict[str, Report] = {}

    def judge(self, project: Project, facts: ProjectFacts, advice: Advice) -> tuple[Subject, ...] | None:
        """Return the places of a project, judged on the recommended release; None if that would say nothing new.

        It would not if the project has no place, uses that release already, or uses several. It would take too long for
        many files.
        """
        judging = judged_by(self._knowledge, facts.pins, facts.environments.values())
        version = advice.pin.version if advice.pin is not None else ""
        if not 0 < self._using <= _MOST_FILES:
            return None
        if not (facts.places and version) or len(judging) > 1 or judging[0].version == version:
            return None
        if version not in self._judged:
            if len(self._judged) == _MOST_RELEASES:
                return None
            pins = (PinnedRelease(version, Lane.TODAY),)
            self._judged[version] = judge_files(
                self._store, self._knowledge, self._files, lambda _: pins, self._ignore
            ).report
        return tuple(each for each in self._judged[version].subjects if each.place.path in project.files)


_MOST_FILES: Final = 40
"""Files that use the SDK and are judged on another release too."""

_MOST_RELEASES: Final = 2
"""Recommended releases on which code is judged too: each takes as long as the scan."""


def _find_clients(store: Store, files: Mapping[str, Path]) -> frozenset[str]:
    """Find the client classes that files name."""
    sdk = Sdk(store.target)
    sources = (read_code(sdk, path, shown) for shown, path in files.items())
    return frozenset().union(*(find_clients(sdk, each.text) for each in sources if isinstance(each, Code)))


def _reproduce(store: Store, root: Path, projects: Iterable[Project]) -> dict[str, str]:
    """Play the smallest failing call in each environment that has the SDK; return what its caller saw, by environment.

    Raises:
        UsageError: No environment has the SDK.
    """
    from matrix.cli.reproduction import play_overloaded  # imports the harness, which nothing else here needs

    environments = dict.fromkeys(
        folder for project in projects for folder, each in project.environments.items() if each.entries
    )
    if not environments:
        headline, package = store.target.suite.headline, store.target.package
        raise UsageError(
            f"`--reproduce` needs an environment with {package}, but {output.display_path(root)} has none.",
            f"Install the project into `.venv`, or name an interpreter: `{store.target.command} probe --python PATH "
            f"--scenario {headline}`.",
        )
    return play_overloaded(store, environments)
