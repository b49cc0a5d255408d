"""The store of `reports/data`: canonical, content-addressed and written atomically. I/O.

It has ten kinds of *document*: a schema, its path, a digest, and entries, one per line, sorted by key.

    releases.json                   version -> release, as the package index lists it
    distributions/<name>.json       version -> the hashes of its wheels, shared by all locks
    cells/<lane>-<python>.json      version -> result of the cell: lock, outcome, digest of its behaviour
    cells/<lane>-<python>-<extra>.json      version -> result of the cell with an extra
    controls.json                   control -> result of a cell that proves that a run can be trusted
    behaviours.json                 digest  -> surface -> digest of its trace
    traces/<surface>.json           digest  -> scenario -> digest of the observation
    observations/<scenario>.json    digest  -> observation, with the digest of the handlers' decisions
    decisions.json                  digest  -> handler -> decision
    judgements.json                 digest of a behaviour -> its summary, derived so that advice starts fast
    soak.json                       set of packages -> how many calls hang whose clients are dropped

`root.json` in the same folder has the root digest, which covers all documents: see `root`.

Behaviours, traces, observations and decisions form a tree of digests, since nearly all observations repeat from release
to release: a release that behaves as its neighbour adds one line to `cells`. Each document is written in one step (to a
temporary file, which is then renamed), and entries are on the disk before a line refers to them. So a process that is
killed at any moment, even by a power cut, leaves a valid store; the next run removes what nothing refers to.

Canonical means that equal values have equal bytes. `verify` reads every document, renders it again and compares bytes.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from matrix.errors import StoreCorrupt
from matrix.model import Cell, Lane, Lock, Release
from matrix.observation import Behaviour, Call, Judgement, Observation, Result
from matrix.store import root
from matrix.store.documents import (
    ADDRESSED,
    BEHAVIOURS,
    CONTROLS,
    DECISIONS,
    JUDGEMENTS,
    LAYOUT,
    RELEASES,
    RESTORE,
    SOAK,
    UNREADABLE,
    StoredControl,
    StoredObservation,
    StoredResult,
    address,
    cells_path,
    distribution_path,
    find_problems,
    is_ours,
    kind_of,
    observation_path,
    order_of,
    parse,
    render,
    trace_path,
)
from matrix.store.lock import locked
from matrix.store.soaks import SoakResult
from matrix.system.files import TEMPORARY, read, remove, write_atomically
from matrix.targets.target import Target

_PRUNED = ADDRESSED | {"distributions", "judgements"}
"""Kinds whose entries are removed when nothing refers to them."""

_LEAVES_FIRST = ("distributions", "decisions", "observations", "traces", "behaviours")
"""Kinds of the entries that lines refer to, each before the kinds that refer to it."""


class Store:
    """The data of one target in one folder. Each document is read on first use and cached.

    Args:
        folder: `reports/data/<target>`, or another folder of that layout; it need not exist.
        target: The target of the data.
    """

    def __init__(self, folder: Path, target: Target) -> None:
        self.folder = folder
        self.target = target
        self._documents: dict[Path, dict[str, Any]] = {}
        self._observations: dict[tuple[str, str], Observation] = {}
        self._is_writing = False

    # Reading.

    def releases(self) -> dict[str, Release]:
        """Return every recorded release, oldest version first."""
        return self._entries(RELEASES)

    def cells(self) -> dict[Cell, StoredResult]:
        """Return every recorded cell and its result, without the behaviour."""
        cells: dict[Cell, StoredResult] = {}
        for path in sorted(path.relative_to(self.folder) for path in (self.folder / "cells").glob("*.json")):
            if (named := re.fullmatch(LAYOUT["cells"], path.as_posix())) is not None:
                for version, stored in self._entries(path).items():
                    cells[Cell(version, Lane(named["lane"]), named["python"], named["extra"] or "")] = stored
        return cells

    def result(self, cell: Cell, scenarios: Collection[str] | None = None) -> Result | None:
        """Return the result of a cell, or what it has of some scenarios; None if it was not measured."""
        stored = self._entries(cells_path(cell)).get(cell.version)
        return None if stored is None else self.expand(stored, scenarios)

    def control(self, name: str) -> tuple[Cell, Result] | None:
        """Return the cell and the result of a control; None if it was not measured."""
        stored = self._entries(CONTROLS).get(name)
        return None if stored is None else (stored.cell, self.expand(stored.result))

    def judgements(self) -> dict[str, Judgement]:
        """Return the judgement of each behaviour, by the digest of the behaviour."""
        return self._entries(JUDGEMENTS)

    def soaks(self) -> dict[str, SoakResult]:
        """Return the result of the soak of each set, by the key of the set."""
        return self._entries(SOAK)

    def behaviours(self) -> set[str]:
        """Return the digests of the behaviours of all cells."""
        return {stored.behaviour for stored in self.cells().values() if stored.behaviour}

    def behaviour(self, digest: str, scenarios: Collection[str] | None = None) -> Behaviour:
        """Return the behaviour with a digest, or what it has of some scenarios."""
        behaviour: Behaviour = {}
        for surface, trace in self._entry(BEHAVIOURS, digest).items():
            for scenario, observation in self._entry(trace_path(surface), trace).items():
                if scenarios is None or scenario in scenarios:
                    behaviour[Call(surface, scenario)] = self._observation(scenario, observation)
        return behaviour

    def expand(self, stored: StoredResult, scenarios: Collection[str] | None = None) -> Result:
        """Return the result of a line of `cells`, with what it refers to of these scenarios, or of all."""
        return Result(
            suite=stored.suite,
            outcome=stored.outcome,
            provenance=stored.provenance,
            lock=self._lock(stored.lock) if stored.lock else None,
            behaviour=self.behaviour(stored.behaviour, scenarios) if stored.behaviour else {},
            extras=stored.extras,
            reason=stored.reason,
        )

    def _lock(self, pins: tuple[str, ...]) -> Lock:
        return Lock(pins, {pin: self._entry(distribution_path(pin), pin.partition("==")[2]) for pin in pins})

    def _observation(self, scenario: str, digest: str) -> Observation:
        """Return an observation with its decisions; all cells that share it get the same object."""
        if (scenario, digest) not in self._observations:
            stored: StoredObservation = self._entry(observation_path(scenario), digest)
            handlers = self._entry(DECISIONS, stored.decisions) if stored.decisions else {}
            self._observations[scenario, digest] = msgspec.structs.replace(stored.seen, handlers=handlers)
        return self._observations[scenario, digest]

    def _entry(self, path: Path, key: str) -> Any:
        """Return an entry that something refers to.

        Raises:
            StoreCorrupt: The entry is missing.
        """
        try:
            return self._entries(path)[key]
        except KeyError:
            hint = f"If another process is writing the data, wait for it. {RESTORE}"
            raise StoreCorrupt(f"{path}: the entry {key} is missing, and another file refers to it.", hint) from None

    # Writing.

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Lock the store while the context lasts, so that no other process writes it.

        Raises:
            StoreBusy: Another process has the lock.
            StoreCorrupt: The documents are not those of the root digest.
            MatrixError: The folder cannot be written.
        """
        with locked(self.folder):
            self._documents.clear()  # documents that were read before the lock may be outdated
            for temporary in self.folder.rglob("*" + TEMPORARY):
                remove(temporary)
            problem = root.find_problem(self.folder)
            if problem == root.ALTERED:  # a new root digest would hide it
                raise StoreCorrupt(f"{self.folder} was altered: {self.verify(tidy=False)[0].rstrip('.')}.", RESTORE)
            with root.recording(self.folder, problem):
                self._is_writing = True
                try:
                    yield
                finally:
                    self._is_writing = False

    def put_releases(self, releases: Mapping[str, Release]) -> None:
        """Replace the recorded releases."""
        if dict(releases) != self.releases():
            self._write(RELEASES, dict(releases))

    def put(self, cell: Cell, result: Result) -> bool:
        """Record the result of a cell, unless it agrees with the recorded one.

        Returns:
            Whether the result was recorded.
        """
        return bool(self.put_all([(cell, result)]))

    def put_all(self, results: Iterable[tuple[Cell, Result]]) -> list[Cell]:
        """Record the results of many cells, unless they agree with the recorded ones. Each file is written once.

        Args:
            results: The results, consumed one at a time to save memory.

        Returns:
            The cells whose results were recorded.
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

    def withdraw(self, cells: Iterable[Cell]) -> None:
        """Remove the results of cells; what only they refer to stays until `prune`."""
        for cell in cells:
            remaining = {key: line for key, line in self._entries(cells_path(cell)).items() if key != cell.version}
            self._write(cells_path(cell), remaining)

    def put_control(self, name: str, cell: Cell, result: Result) -> None:
        """Record the result of a control, unless it agrees with the recorded one."""
        known = self.control(name)
        if known is None or known[0] != cell or not result.agrees_with(known[1]):
            new: defaultdict[Path, dict[str, Any]] = defaultdict(dict)
            line = self._parts(result, new)
            self._merge_all(new)
            self._merge(CONTROLS, {name: StoredControl(cell=cell, result=line)})

    def _parts(self, result: Result, new: defaultdict[Path, dict[str, Any]]) -> StoredResult:
        """Return the line for a result, and add the entries that the line refers to to `new`."""
        for pin, hashes in result.lock.hashes.items() if result.lock else ():
            path, version = distribution_path(pin), pin.partition("==")[2]
            # A release may gain wheels later. Keep the earlier hashes, so that the older locks still install.
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
        """Replace the judgements."""
        if dict(judgements) != self.judgements():
            self._write(JUDGEMENTS, dict(judgements))

    def put_soak(self, result: SoakResult) -> None:
        """Record the result of the soak of a set, in place of an earlier one."""
        self._merge(SOAK, {result.set.key: result})

    def prune(self) -> None:
        """Remove every entry that no cell or control refers to."""
        for path, needed in self._referenced().items():
            entries = self._entries(path)
            remaining = {key: value for key, value in entries.items() if key in needed}
            if len(remaining) < len(entries):
                self._write(path, remaining)

    def _merge_all(self, new: Mapping[Path, dict[str, Any]]) -> None:
        """Write the entries that lines refer to, leaves of the tree first."""
        for path in sorted(new, key=lambda path: (_LEAVES_FIRST.index(kind_of(path)), path)):
            self._merge(path, new[path])

    def _merge(self, path: Path, entries: dict[str, Any]) -> None:
        known = self._entries(path)
        merged = known | entries
        if merged != known:
            self._write(path, merged)

    def _write(self, path: Path, entries: dict[str, Any]) -> None:
        with contextlib.nullcontext() if self._is_writing else root.recording(self.folder):
            root.forget(self.folder)
            if entries:
                write_atomically(self.folder / path, render(path, entries))
            else:
                remove(self.folder / path)
        self._documents[path] = dict(sorted(entries.items(), key=order_of(path)))

    def _entries(self, path: Path) -> dict[str, Any]:
        if path not in self._documents:
            try:
                data = read(self.folder / path)
            except FileNotFoundError:
                self._documents[path] = {}
            else:
                self._documents[path] = parse(path, data, self.folder)
        return self._documents[path]

    # Verifying.

    def verify(self, *, tidy: bool = True) -> list[str]:
        """Check every document, and list the problems, each with the name of its file; empty if there is none.

        Args:
            tidy: Whether the remains of a killed run, which the next run removes or completes, are problems.
        """
        problems = []
        paths = [path for path in self.paths() if tidy or path.suffix != TEMPORARY]
        for path in paths:
            try:
                problems += find_problems(path, self._entries(path), read(self.folder / path))
            except StoreCorrupt as error:
                problems.append(str(error))
            except UNREADABLE as error:  # a key that is no version cannot be sorted, and a deep value cannot be written
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
            if path == JUDGEMENTS and not tidy:  # a run writes judgements at its end
                continue
            problems += [
                f"{path}: the entry {key} is missing, and another file refers to it"
                for key in keys - self._entries(path).keys()
            ]
        releases = self.releases()
        problems += [
            f"{cells_path(cell)}: {cell.version} is not a known release"
            for cell in self.cells()
            if cell.version not in releases
        ]
        # Last, since every other problem names a document.
        if not problems and (problem := root.find_problem(self.folder)) and (tidy or problem == root.ALTERED):
            problems.append(problem)
        return problems

    def paths(self) -> list[Path]:
        """List the files of the folder, but for the root digest."""
        every = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(path for path in every if path != root.ROOT)

    def _referenced(self) -> dict[Path, set[str]]:
        """Map each document to its entries that cells and controls refer to; the set may be empty."""
        needed: dict[Path, set[str]] = {
            path: set() for path in self.paths() if is_ours(path) and kind_of(path) in _PRUNED
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
                entry = self._entries(path).get(observation)
                if entry is not None and entry.decisions:
                    needed.setdefault(DECISIONS, set()).add(entry.decisions)
        return needed
