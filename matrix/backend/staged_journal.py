"""A journal that divides the requests of one backend among stages: each test sees its own. Pure."""

from collections.abc import Callable, Iterator

from matrix.backend.journal import Attempt, Entry, ListenerJournal, RequestEnd
from matrix.backend.timed_journal import TimedJournal

_Parts = list[tuple[TimedJournal, Entry]]


class StagedJournal(ListenerJournal):
    """A journal that also keeps each request in the journal of its stage, which the first segment of the path names.

    A request without a base path belongs to every open stage that takes strays: its client dropped the path.

    A thread may open and close stages while the backend runs in another. The owner of a stage closes it.

    Args:
        clock: Returns seconds of a clock that never goes back.
        listener: Called for each request, as that of `ListenerJournal`.
    """

    def __init__(
        self, clock: Callable[[], float], listener: Callable[[Entry, RequestEnd | None], None] = lambda *_: None
    ) -> None:
        super().__init__(listener, whole=True)
        self._clock = clock
        self._stages: dict[str, TimedJournal] = {}
        self._strays: set[str] = set()
        self._open: dict[int, _Parts] = {}

    def begin(self, name: str, *, takes_strays: bool) -> TimedJournal:
        """Begin the journal of a stage, by the first segment of its base paths, without a slash."""
        journal = TimedJournal(self._clock)
        self._stages[name] = journal
        if takes_strays:
            self._strays.add(name)
        return journal

    def close(self, name: str) -> None:
        """Forget a stage. Later requests of it belong to no stage."""
        self._stages.pop(name, None)
        self._strays.discard(name)

    def record_start(self, attempt: Attempt, connection: int = 0) -> Entry:
        """Record an attempt in the journals of its stages, before the listener hears of it."""
        parts = [(journal, journal.record_start(attempt, connection)) for journal in self._stages_of(attempt)]
        entry = super().record_start(attempt, connection)
        if not parts:
            return entry
        self._open[entry.number] = parts
        return Entry(entry.number, parts[0][1].before, attempt)

    def record_sent(self, entry: Entry, data: bytes) -> None:
        """Record bytes of an answer in the journals of its stages."""
        for journal, part in self._open.get(entry.number, ()):
            journal.record_sent(part, data)

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Record the end of an answer in the journals of its stages."""
        for journal, part in self._open.pop(entry.number, ()):
            journal.record_end(part, how)
        super().record_end(entry, how)

    def record_close(self, connection: int) -> None:
        """Record in every stage that the peer closed a connection: clients share them between base paths."""
        for journal in [*self._stages.values()]:
            journal.record_close(connection)

    def _stages_of(self, attempt: Attempt) -> Iterator[TimedJournal]:
        first = attempt.base_path.split("/", 2)[1] if attempt.base_path else ""
        if first in self._stages:
            yield self._stages[first]
        elif attempt.is_stray:
            yield from [self._stages[name] for name in [*self._strays] if name in self._stages]
