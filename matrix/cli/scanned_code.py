"""Scan files, and judge them on the releases that they pin. I/O: reads source files and the data."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from matrix import __version__
from matrix.advice.pins import PinnedRelease, newest_release
from matrix.advice.places import Basis, find_lane, scan
from matrix.advice.requirements import build_report
from matrix.advice.suppressions import suppress
from matrix.cli.source_lines import SourceLines
from matrix.findings.model import Problem, Report, State, Subject
from matrix.model import Cell, Frozen, Lane
from matrix.scan.reading import scan_files
from matrix.scan.recorded import Recorded
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.system.garbage import collect_rarely

if TYPE_CHECKING:
    from matrix.scan.catches import ScannedFile

Pins = tuple[PinnedRelease, ...]
"""The releases that judge a file."""


class JudgedCode(Frozen, frozen=True, kw_only=True):
    """Scanned files, judged.

    Attributes:
        report: The places in them, judged, and the problems of files.
        files: The files that use the SDK, as they are shown, by the releases that judge them.
        handlers: Each of these files to the measured handlers that its places are the same as, by id.
    """

    report: Report
    files: dict[Pins, list[str]]
    handlers: dict[str, frozenset[str]]


def judge_files(
    store: Store,
    knowledge: Knowledge,
    files: Mapping[str, Path],
    pins_of: Callable[[Path], Pins],
    ignore: Collection[str] = (),
    unread: Callable[[], Iterable[Problem]] = tuple,
    *,
    everywhere: bool = False,
) -> JudgedCode:
    """Judge the code in files that belong together.

    Args:
        store: The data.
        knowledge: The knowledge in it.
        files: The files, by their paths as they are shown.
        pins_of: Returns the releases that judge a file.
        ignore: The ids of rules to leave out.
        unread: Returns the problems of the files that pin the releases, after all of these were read.
        everywhere: Whether files that do not import the SDK are searched too.
    """
    collect_rarely()
    bases = _Bases(store, knowledge)

    def records_of(shown: str) -> list[Recorded]:
        return [bases.find(pinned).recorded for pinned in pins_of(files[shown])]

    by_pins: dict[Pins, list[str]] = {}
    handlers: dict[str, frozenset[str]] = {}
    subjects: list[Subject] = []
    problems: dict[Problem, None] = {}
    scanned_files = scan_files(
        store.target, ((path, shown) for shown, path in files.items()), records_of, everywhere=everywhere
    )
    groups: dict[Pins, list[list[ScannedFile]]] = {}
    for shown, scanned in scanned_files:
        problems |= dict.fromkeys(problem for each in scanned for problem in each.problems)
        if any(each.uses_sdk for each in scanned):
            pins = pins_of(files[shown])
            by_pins.setdefault(pins, []).append(shown)
            groups.setdefault(pins, []).append(scanned)
            handlers[shown] = frozenset(catch.same_as for each in scanned for catch in each.catches if catch.same_as)
    for pins, group in groups.items():
        judged_by = [bases.find(pinned) for pinned in pins]
        subjects += scan(knowledge, group, judged_by, __version__, tuple(ignore)).subjects
    report = build_report("scan", knowledge, __version__, subjects, [*unread(), *problems], ())
    return JudgedCode(report=suppress(report, SourceLines().line_of, State.FINE), files=by_pins, handlers=handlers)


class _Bases:
    """What code is judged by, each read once.

    Args:
        store: The data.
        knowledge: The knowledge in it.
    """

    def __init__(self, store: Store, knowledge: Knowledge) -> None:
        self._store = store
        self._knowledge = knowledge
        self._bases: dict[PinnedRelease, Basis] = {}

    def find(self, pinned: PinnedRelease) -> Basis:
        """Return what a pinned release says of code."""
        if pinned not in self._bases:
            self._bases[pinned] = self._read(pinned)
        return self._bases[pinned]

    def _read(self, pinned: PinnedRelease) -> Basis:
        knowledge = self._knowledge
        lane, instead, remark = find_lane(knowledge, pinned)
        if lane is None:  # the places are found by the newest release that can be judged by
            usable = [each for each in reversed(knowledge.releases) if self._is_usable(each.version)]
            version = usable[0].version if usable else newest_release(knowledge)[0].version
            recorded = self._record(PinnedRelease(version, Lane.TODAY), Lane.TODAY)
            return Basis(pinned=pinned, recorded=recorded, instead=instead)
        known = knowledge.measurements[pinned.version, lane]
        return Basis(pinned=pinned, recorded=self._record(pinned, lane), known=known, remark=remark)

    def _is_usable(self, version: str) -> bool:
        return find_lane(self._knowledge, PinnedRelease(version, Lane.TODAY))[0] is Lane.TODAY

    def _record(self, pinned: PinnedRelease, lane: Lane) -> Recorded:
        result = self._store.result(Cell(pinned.version, lane, self._knowledge.python))
        if result is None:
            return Recorded(self._store.target, pinned.version, {}, ())
        transport = self._store.target.transport
        locks_all = not {transport.module, *transport.aliases}.isdisjoint(pinned.packages)
        own = [pin.partition("==")[0] for pin in result.lock.pins] if result.lock is not None else []
        installed = pinned.packages if locks_all else [*own, *pinned.packages]
        behaviour = result.behaviour
        for extra in self._extras_of_clients:
            cell = Cell(pinned.version, lane, self._knowledge.python, extra)
            behaviour = behaviour | queries.behaviour(self._store, cell)
        return Recorded(self._store.target, pinned.version, behaviour, installed, locked=locks_all)

    @cached_property
    def _extras_of_clients(self) -> list[str]:
        """The extras of the cells that have the calls of another client only."""
        suite = self._store.target.suite
        own = suite.extras_of()
        return [extra for extra in suite.extras if extra not in own]
