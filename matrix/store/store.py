"""reports/data: canonical text, content-addressed, atomic.

I/O. Nine kinds of file, each a *document*: a schema, a digest, and entries, one line each, sorted by key.

    releases.json                   version -> release: what the package index lists
    distributions/<name>.json       version -> the hashes of its wheels, kept once for all locks
    cells/<lane>-<python>.json      version -> what is known of that cell: lock, outcome, digest of its behaviour
    cells/<lane>-<python>-<extra>.json      the same of cells with an extra
    controls.json                   control -> the same, for the cells that prove that a run can be trusted
    behaviours.json                 digest  -> surface -> digest of its trace
    traces/<surface>.json           digest  -> scenario -> digest of the observation
    observations/<scenario>.json    digest  -> observation, with the digest of what handlers decided
    decisions.json                  digest  -> handler -> decision
    judgements.json                 digest of a behaviour -> what it comes to: derived, so that advice starts at once

The four before the last are a tree of digests, since nearly all observations repeat from release to release: a release
that behaves as its neighbour adds one line to `cells`. A document is written in one step (to a file beside it, then
renamed), and what a line refers to is on the disk before the line is written. So a process that is killed at any
moment, or with its machine, leaves a valid store, at worst with entries that nothing refers to, which the next run
prunes.

Canonical means: one value has one text. `verify` reads everything, writes it again in memory and compares bytes.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from matrix.errors import StoreBusy, StoreCorrupt, describe_os_error
from matrix.model import Cell, Lane, Lock, Release
from matrix.observation import Behaviour, Call, Judgement, Observation, Result
from matrix.store.documents import (
    ADDRESSED,
    BEHAVIOURS,
    CONTROLS,
    DECISIONS,
    JUDGEMENTS,
    LAYOUT,
    RELEASES,
    RESTORE,
    UNREADABLE,
    StoredControl,
    StoredObservation,
    StoredResult,
    address,
    cells_path,
    distribution_path,
    is_ours,
    kind_of,
    observation_path,
    order_of,
    parse,
    render,
    trace_path,
)
from matrix.system.files import TEMPORARY, make_folder, read, remove, write_atomically
from matrix.targets.target import Target

_PRUNED = ADDRESSED | {"distributions", "judgements"}
"""Kinds whose entries are there because something refers to them."""

_LEAVES_FIRST = ("distributions", "decisions", "observations", "traces", "behaviours")
"""Kinds of what lines refer to, each before what refers to it."""


class Store:
    """The data under one folder. Documents are read when they are first asked for, and kept.

    Args:
        folder: `reports/data/<target>`, or another of that layout; need not exist yet.
        target: What the data is about.
    """

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder = folder
        self.target = target
        self._documents: dict[Path, dict[str, Any]] = {}
        self._observations: dict[tuple[str, str], Observation] = {}

    # What is known.

    def releases(self) -> dict[str, Release]:
        """Every release that the index has been seen to list, oldest version first."""
        return self._entries(RELEASES)

    def cells(self) -> dict[Cell, StoredResult]:
        """Every cell of which something is known, without its behaviour."""
        found: dict[Cell, StoredResult] = {}
        for path in sorted(path.relative_to(self.folder) for path in (self.folder / "cells").glob("*.json")):
            if (named := LAYOUT["cells"].fullmatch(path.as_posix())) is not None:
                for version, stored in self._entries(path).items():
                    found[Cell(version, Lane(named["lane"]), named["python"], named["extra"] or "")] = stored
        return found

    def result(self, cell: Cell) -> Result | None:
        """What is known of one cell."""
        stored = self._entries(cells_path(cell)).get(cell.version)
        return None if stored is None else self.expand(stored)

    def control(self, name: str) -> tuple[Cell, Result] | None:
        """What is known of one control."""
        found = self._entries(CONTROLS).get(name)
        return None if found is None else (found.cell, self.expand(found.result))

    def judgements(self) -> dict[str, Judgement]:
        """What each behaviour comes to, by its digest."""
        return self._entries(JUDGEMENTS)

    def behaviours(self) -> set[str]:
        """The digest of every behaviour that a cell has."""
        return {stored.behaviour for stored in self.cells().values() if stored.behaviour}

    def behaviour(self, digest: str) -> Behaviour:
        """One of them."""
        found: Behaviour = {}
        for surface, trace in self._entry(BEHAVIOURS, digest).items():
            for scenario, observation in self._entry(trace_path(surface), trace).items():
                found[Call(surface, scenario)] = self._observation(scenario, observation)
        return found

    def expand(self, stored: StoredResult) -> Result:
        """A line of `cells` with everything that it refers to."""
        return Result(
            suite=stored.suite,
            outcome=stored.outcome,
            provenance=stored.provenance,
            lock=self._lock(stored.lock) if stored.lock else None,
            behaviour=self.behaviour(stored.behaviour) if stored.behaviour else {},
            extras=stored.extras,
            reason=stored.reason,
        )

    def _lock(self, pins: tuple[str, ...]) -> Lock:
        return Lock(pins, {pin: self._entry(distribution_path(pin), pin.partition("==")[2]) for pin in pins})

    def _observation(self, scenario: str, digest: str) -> Observation:
        """An observation with its decisions: one object for each digest, however many cells share it."""
        if (scenario, digest) not in self._observations:
            stored: StoredObservation = self._entry(observation_path(scenario), digest)
            handlers = self._entry(DECISIONS, stored.decisions) if stored.decisions else {}
            self._observations[scenario, digest] = msgspec.structs.replace(stored.seen, handlers=handlers)
        return self._observations[scenario, digest]

    def _entry(self, path: Path, key: str) -> Any:
        """An entry that something refers to.

        Raises:
            StoreCorrupt: It is not there.
        """
        try:
            return self._entries(path)[key]
        except KeyError:
            hint = f"Wait, if another process is writing it. {RESTORE}"
            raise StoreCorrupt(f"{path}: {key} is referred to and missing.", hint) from None

    # What is written.

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store: one process at a time writes it.

        Raises:
            StoreBusy: Another process does.
            MatrixError: The system refuses.
        """
        from filelock import FileLock, Timeout  # most commands only read

        lock = FileLock(self.folder.with_name(self.folder.name + ".lock"), timeout=0)
        try:
            make_folder(self.folder)
            lock.acquire()
        except Timeout:
            raise StoreBusy(
                f"Another process is writing {self.folder}.",
                "Wait for it to end, or end it; nothing was changed.",
            ) from None
        except OSError as error:
            raise describe_os_error(error, f"{self.folder}: can't be written") from None
        try:
            self._documents.clear()  # what was read before the lock was held may be old
            for left_behind in self.folder.rglob("*" + TEMPORARY):
                remove(left_behind)
            yield
        finally:
            lock.release()

    def put_releases(self, releases: Mapping[str, Release]) -> None:
        """Replace what the index is known to list."""
        if dict(releases) != self.releases():
            self._write(RELEASES, dict(releases))

    def put(self, cell: Cell, result: Result) -> bool:
        """Record what was measured of one cell.

        Returns:
            Whether it is news; what agrees with what is known changes nothing.
        """
        return bool(self.put_all([(cell, result)]))

    def put_all(self, results: Iterable[tuple[Cell, Result]]) -> list[Cell]:
        """Record what was measured of many cells; every file is written once, and what refers to others after them.

        Args:
            results: Taken one after the other, so that not all need to be in memory.

        Returns:
            Those that are news.
        """
        new: defaultdict[Path, dict[str, Any]] = defaultdict(dict)
        lines: defaultdict[Path, dict[str, Any]] = defaultdict(dict)
        changed = []
        for cell, result in results:
            known = self.result(cell)
            if known is None or not result.agrees_with(known):
                lines[cells_path(cell)][cell.version] = self._parts(result, new)
                changed.append(cell)
        self._merge_all(new)
        for path, entries in sorted(lines.items()):
            self._merge(path, entries)
        return changed

    def put_control(self, name: str, cell: Cell, result: Result) -> None:
        """Record what was measured of one control."""
        known = self.control(name)
        if known is None or known[0] != cell or not result.agrees_with(known[1]):
            new: defaultdict[Path, dict[str, Any]] = defaultdict(dict)
            line = self._parts(result, new)
            self._merge_all(new)
            self._merge(CONTROLS, {name: StoredControl(cell=cell, result=line)})

    def _parts(self, result: Result, new: defaultdict[Path, dict[str, Any]]) -> StoredResult:
        """Add to `new` what a line refers to, and return the line."""
        for pin, hashes in result.lock.hashes.items() if result.lock else ():
            path, version = distribution_path(pin), pin.partition("==")[2]
            # A release gains wheels over time; a lock stays installable from those it was made with.
            before = (*self._entries(path).get(version, ()), *new[path].get(version, ()))
            new[path][version] = tuple(sorted({*before, *hashes}))
        surfaces: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for call, observation in result.behaviour.items():
            decisions = address(observation.handlers) if observation.handlers else ""
            if decisions:
                new[DECISIONS][decisions] = observation.handlers
            stored = StoredObservation(seen=msgspec.structs.replace(observation, handlers={}), decisions=decisions)
            digest = surfaces[call.surface][call.scenario] = address(stored)
            new[observation_path(call.scenario)][digest] = stored
        traces = {surface: address(trace) for surface, trace in surfaces.items()}
        for surface, digest in traces.items():
            new[trace_path(surface)][digest] = surfaces[surface]
        if traces:
            new[BEHAVIOURS][address(traces)] = traces
        return StoredResult(
            suite=result.suite,
            outcome=result.outcome,
            provenance=result.provenance,
            lock=result.lock.pins if result.lock else (),
            behaviour=address(traces) if traces else "",
            extras=result.extras,
            reason=result.reason,
        )

    def put_judgements(self, judgements: Mapping[str, Judgement]) -> None:
        """Replace what behaviours come to."""
        if dict(judgements) != self.judgements():
            self._write(JUDGEMENTS, dict(judgements))

    def prune(self) -> None:
        """Drop every entry that no cell refers to."""
        for path, needed in self._referenced().items():
            entries = self._entries(path)
            kept = {key: value for key, value in entries.items() if key in needed}
            if len(kept) < len(entries):
                self._write(path, kept)

    def _merge_all(self, new: Mapping[Path, dict[str, Any]]) -> None:
        """Write what lines refer to, leaves first."""
        for path in sorted(new, key=lambda path: (_LEAVES_FIRST.index(kind_of(path)), path)):
            self._merge(path, new[path])

    def _merge(self, path: Path, entries: dict[str, Any]) -> None:
        known = self._entries(path)
        merged = known | entries
        if merged != known:
            self._write(path, merged)

    def _write(self, path: Path, entries: dict[str, Any]) -> None:
        target = self.folder / path
        if entries:
            write_atomically(target, render(kind_of(path), entries))
        else:
            remove(target)
        self._documents[path] = dict(sorted(entries.items(), key=order_of(kind_of(path))))

    def _entries(self, path: Path) -> dict[str, Any]:
        if path not in self._documents:
            try:
                data = read(self.folder / path)
            except FileNotFoundError:
                self._documents[path] = {}
            else:
                self._documents[path] = parse(kind_of(path), data, self.folder / path)
        return self._documents[path]

    # Whether it is what was written.

    def verify(self, *, tidy: bool = True) -> list[str]:
        """What is wrong, each with the name of the file; empty if all holds.

        Args:
            tidy: Whether what a killed run leaves behind, which the next one removes, or undone, is wrong.
        """
        problems = []
        paths = [path for path in self._paths() if tidy or path.suffix != TEMPORARY]
        for path in paths:
            try:
                entries = self._entries(path)
                if not entries:
                    problems.append(f"{path}: has no entries")
                if render(kind_of(path), entries) != read(self.folder / path):
                    problems.append(f"{path}: not in canonical form")
                if kind_of(path) in ADDRESSED:
                    problems += [
                        f"{path}: {key} is not the digest of its entry"
                        for key, value in entries.items()
                        if key != address(value)
                    ]
            except StoreCorrupt as error:
                problems.append(str(error))
            except UNREADABLE as error:  # what can't be sorted, for it is no version, or is too deep to be written
                problems.append(f"{path}: can't be read: {error}.")
        if problems:
            return problems
        referenced = self._referenced()
        for path in paths:
            if path not in referenced or not tidy:
                continue
            entries = self._entries(path)
            problems += [f"{path}: nothing refers to {key}" for key in entries if key not in referenced[path]]
        for path, keys in referenced.items():
            if path == JUDGEMENTS and not tidy:  # they are made when a run ends
                continue
            problems += [f"{path}: {key} is referred to and missing" for key in keys - self._entries(path).keys()]
        releases = self.releases()
        problems += [
            f"{cells_path(cell)}: {cell.version} is not a known release"
            for cell in self.cells()
            if cell.version not in releases
        ]
        return problems

    def _paths(self) -> list[Path]:
        return sorted(path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())

    def _referenced(self) -> dict[Path, set[str]]:
        """Every entry that the cells and controls refer to, by document; documents of which none is needed too."""
        needed: dict[Path, set[str]] = {
            path: set() for path in self._paths() if is_ours(path) and kind_of(path) in _PRUNED
        }
        stored = [*self.cells().values(), *(c.result for c in self._entries(CONTROLS).values())]
        for line in stored:
            for pin in line.lock:
                needed.setdefault(distribution_path(pin), set()).add(pin.partition("==")[2])
        behaviours = {line.behaviour for line in stored if line.behaviour}
        if JUDGEMENTS in needed:
            needed[JUDGEMENTS] = self.behaviours()
        if behaviours:
            needed.setdefault(BEHAVIOURS, set()).update(behaviours)
        for behaviour in behaviours:
            for surface, trace in self._entries(BEHAVIOURS).get(behaviour, {}).items():
                needed.setdefault(trace_path(surface), set()).add(trace)
        for path in [path for path in needed if kind_of(path) == "traces"]:
            for trace in needed[path]:
                for scenario, observation in self._entries(path).get(trace, {}).items():
                    needed.setdefault(observation_path(scenario), set()).add(observation)
        for path in [path for path in needed if kind_of(path) == "observations"]:
            for observation in needed[path]:
                found = self._entries(path).get(observation)
                if found is not None and found.decisions:
                    needed.setdefault(DECISIONS, set()).add(found.decisions)
        return needed
