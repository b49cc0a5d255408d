"""The documents that the question bar reads, one for each client: `ask/CLIENT.json`. Pure.

In: the views of the epochs of a client, and the facts of all releases. Out: plain values, in which every sentence,
exception, decision and row of outcomes stands once and is named by its number. A release has a case for each lane: its
behaviour with today's dependencies, and with those of its day; what was installed in each stands with it, so that the
page knows which of them is nearest to a lock, as `matrix check` does. The rules by which code is judged
are those of `matrix scan`, and the rules by which a release is recommended those of `matrix advise`; their results
stand here, so that the page looks them up. The documents belong to the bar and are no part of the API.
"""

import builtins
from collections.abc import Iterator
from typing import Final

from matrix.advice.facts import original_client_pins
from matrix.catalogue.groups import group_scenarios
from matrix.catalogue.steps import Completes
from matrix.model import Frozen, Lane
from matrix.scan.instances import ALIASES
from matrix.scan.recorded import Recorded
from matrix.scan.sdk import Sdk
from matrix.site.ask.cases import NOTHING, AskCase, AskEnd, Cases
from matrix.site.ask.harm import rank_releases
from matrix.site.document import Document
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.facts_document import Facts
from matrix.site.handlers.code import install_import, read_code
from matrix.site.handlers.texts import code_lines, equal_texts
from matrix.site.marks import MARKS, Mark
from matrix.site.numbering import Once
from matrix.targets.names import Client
from matrix.targets.target import Registry, Target
from matrix.verdicts.decisions import OUTCOME_LETTERS
from matrix.verdicts.wording import HANDLER_OUTCOMES

SCHEMA: Final = "midstream/ask/1"
"""The form of the documents."""


def path(client: Client) -> str:
    """Return where the document of a client lies in the site."""
    return f"ask/{client.name}.json"


class AskClient(Frozen, frozen=True, kw_only=True):
    """A client that can be chosen: its name in the address, its class, its service, and its extra if it has one."""

    name: str
    class_name: str
    title: str
    extra: str = ""


class AskScenario(Frozen, frozen=True, kw_only=True):
    """A failure that can be chosen.

    Attributes:
        id: Its id.
        title: What happens.
        headline: The same in a few words, if it is a failure by which packages are compared.
        group: The title of its group.
        fatal: Whether no retry can fix it, so that code which does not catch it is right.
    """

    id: str
    title: str
    headline: str = ""
    group: str
    fatal: bool = False


class AskHandler(Frozen, frozen=True, kw_only=True):
    """A handler that can be chosen.

    Attributes:
        id: Its id.
        line: The line by which its code is known.
        title: What it does.
        code: Its code, which imports the remedy from the installed package.
        texts: The texts that are this handler, in the form that `texts.normal` gives them.
        catches_all: Whether it retries every exception, also those of mistakes in the code: no example for others.
    """

    id: str
    line: str
    title: str
    code: str
    texts: tuple[str, ...] = ()
    catches_all: bool = False


class AskClasses(Frozen, frozen=True, kw_only=True):
    """Exception classes of the package, by their last names, of which a release is known to have or to lack them.

    Attributes:
        has: Those that it has.
        lacks: Those that it lacks.
        private: Those that only its private module has.
    """

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    private: tuple[str, ...] = ()


class Ask(Document, frozen=True, kw_only=True):
    """All that is needed to answer the questions of the bar for one client.

    Attributes:
        package: The name of the package on its registry.
        module: The module from which programs import its exceptions.
        command: The command line of this program for it, up to the subcommand.
        is_scanned: Whether that program judges code from its source.
        pin: How a release is pinned, with `VERSION` in the place of the version.
        has_check: Whether the site has a page that checks requirements.
        catch: The word of its users for `except`.
        client: The name of the client.
        clients: Every client that was measured.
        versions: Every release, oldest first.
        skipped: The numbers of the releases that an installer skips: yanked ones, and those without files.
        cases: Every case, once.
        by_release: Lane to the number of each release's case in it; `NOTHING` if it was not measured there.
        also_pin: Release that can't be used with today's dependencies to those that must be pinned too.
        carriers: The packages that carry requests, whose versions decide first which lane is nearest to a lock.
        pins: `name==version` of what was installed, each once.
        locks: Packages that were installed together, as indices of `pins`.
        locks_of: Lane to the number of each release's lock in it, or `NOTHING`.
        classes: What is known of exception classes, once.
        classes_of: For each release the number of what is known of its classes.
        page_of: For each release the number of the one whose page has its evidence, or `NOTHING`; empty if each has
            its own.
        scenarios: Every failure.
        default: The number of the failure that is meant if none is chosen.
        headlines: The numbers of the failures that are offered first, in the order of the headlines.
        handlers: Every handler.
        letters: Rows of outcomes: a letter for each scenario, and a space where the handler was not run.
        outcomes: Letter to the word of an outcome, and its meaning.
        ends: Every end, once.
        names: Every class that caught something, as `root.Last`.
        builtins: The exceptions that Python knows without an import.
        aliases: Other names of exceptions of Python's library.
        marks: Mark to its title.
        harm: Rows of ranks: for each release how much harm it does, 0 for the least; `NOTHING` if it can't be pinned.
        harms: Handler to the number of its row; the empty name is for no handler.
    """

    package: str
    module: str
    command: str
    is_scanned: bool
    pin: str
    has_check: bool
    catch: str
    client: str
    clients: tuple[AskClient, ...]
    versions: tuple[str, ...]
    skipped: tuple[int, ...]
    cases: tuple[AskCase, ...]
    by_release: dict[Lane, tuple[int, ...]]
    also_pin: dict[str, tuple[str, ...]]
    carriers: tuple[str, ...]
    pins: tuple[str, ...]
    locks: tuple[tuple[int, ...], ...]
    locks_of: dict[Lane, tuple[int, ...]]
    classes: tuple[AskClasses, ...]
    classes_of: tuple[int, ...]
    page_of: tuple[int, ...] = ()
    scenarios: tuple[AskScenario, ...]
    default: int
    headlines: tuple[int, ...]
    handlers: tuple[AskHandler, ...]
    letters: tuple[str, ...]
    outcomes: dict[str, tuple[str, str]]
    ends: tuple[AskEnd, ...]
    names: tuple[str, ...]
    builtins: tuple[str, ...]
    aliases: dict[str, str]
    marks: dict[Mark, str]
    harm: tuple[tuple[int, ...], ...]
    harms: dict[str, int]


def ask_documents(known: EpochViews) -> Iterator[tuple[str, Ask]]:
    """Yield the document of each client that was measured, with its path in the site."""
    target = known.source.target
    measured = [client for client in target.clients if known.find(client.id) is not None]
    classes = _Classes(known)
    for client in measured:
        yield path(client), _document(known.of(client.id), client, measured, classes, known.facts)


def _document(known: EpochViews, client: Client, measured: list[Client], classes: "_Classes", facts: Facts) -> Ask:
    source, target = known.source, known.source.target
    scenarios = _scenarios(target, target.suite.scenarios_of(client.id))
    cases = Cases(target, [scenario.id for scenario in scenarios])
    numbers = {scenario.id: number for number, scenario in enumerate(scenarios)}
    ranks: Once[tuple[int, ...]] = Once()
    harms = {
        handler: ranks.number(tuple(NOTHING if rank is None else rank for rank in row))
        for handler, row in rank_releases(source.knowledge, client, facts, source.releases.values()).items()
    }
    locks = {(each.version, lane): case.lock for each in facts.releases for lane, case in each.lanes.items()}
    lacks = f"the release has no extra `{client.extra}`"
    why_not = {
        each.version: lacks if target.lacks_client(client, each.parsed) else "" for each in source.releases.values()
    }
    lines, texts = code_lines(target.handlers.values()), equal_texts(target.handlers.values())
    return Ask(
        schema=SCHEMA,
        generated_at=source.knowledge.measured,
        suite=source.suite,
        python=source.python,
        package=target.package,
        module=Sdk(target).module,
        command=target.command,
        is_scanned=target.is_scanned,
        pin=target.pin("VERSION"),
        has_check=target.registry is Registry.PYPI,
        catch=target.spell("except"),
        client=client.name,
        clients=tuple(
            AskClient(name=each.name, class_name=each.class_name, title=each.title, extra=each.extra)
            for each in measured
        ),
        versions=tuple(source.releases),
        skipped=tuple(
            number
            for number, release in enumerate(source.releases.values())
            if release.yanked is not None or not (release.wheels or release.sdists)
        ),
        by_release={
            lane: tuple(cases.number(known.by_release.get((version, lane)), why) for version, why in why_not.items())
            for lane in Lane
        },
        cases=cases.cases.values,
        also_pin=_also_pin(known),
        carriers=facts.carriers,
        pins=facts.pins,
        locks=facts.locks,
        locks_of={lane: tuple(locks.get((version, lane), NOTHING) for version in source.releases) for lane in Lane},
        classes_of=tuple(classes.number(version) for version in source.releases),
        classes=classes.known.values,
        page_of=_page_of(known),
        scenarios=scenarios,
        default=numbers.get(target.suite.headline, 0),
        headlines=tuple(numbers[id_] for id_ in target.suite.played_headlines if id_ in numbers),
        handlers=tuple(
            AskHandler(
                id=each.id,
                line=lines[each.id],
                title=each.title,
                code=install_import(each.source),
                texts=texts[each.id],
                catches_all=read_code(each).is_catch_all,
            )
            for each in target.handlers.values()
        ),
        letters=cases.letters.values,
        outcomes={letter: (outcome, HANDLER_OUTCOMES[outcome][1]) for letter, outcome in OUTCOME_LETTERS.items()},
        ends=cases.ends.values,
        names=cases.names.values,
        builtins=_BUILTINS,
        aliases=dict(ALIASES),
        marks={mark: text.title for mark, text in MARKS.items()},
        harm=ranks.values,
        harms=harms,
    )


_BUILTINS: Final = tuple(
    sorted(name for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, BaseException))
)


def _scenarios(target: Target, played: tuple[str, ...]) -> tuple[AskScenario, ...]:
    """List the failures that can be chosen, by group; a scenario of which nothing is expected is none."""
    headlines = {id_: headline.title for id_, headline in target.suite.played_headlines.items()}
    catalogue = [target.catalogue[id_] for id_ in target.catalogue if id_ in played and id_ != target.suite.unknown.id]
    return tuple(
        AskScenario(
            id=each.id,
            title=each.title,
            headline=headlines.get(each.id, ""),
            group=group.title,
            fatal=not each.retry and not isinstance(each.ideal, Completes),
        )
        for group in group_scenarios(target.suite, catalogue)
        for each in group.scenarios
    )


def _page_of(known: EpochViews) -> tuple[int, ...]:
    """Return for each release the number of the one whose page has its evidence; nothing if each has its own."""
    if not known.client:
        return ()
    numbers = {version: number for number, version in enumerate(known.source.releases)}
    return tuple(numbers.get(known.newest_alike.get(version, ""), NOTHING) for version in numbers)


def _view_of(known: EpochViews, version: str) -> EpochView | None:
    """Return a release with today's dependencies, or with those of its day if it can't be used with today's."""
    views = known.measured(version)
    return next((view for view in views if not view.unusable), next(iter(views), None))


def _also_pin(known: EpochViews) -> dict[str, tuple[str, ...]]:
    """Return what must be pinned too for a release that can be used with the dependencies of its day only."""
    knowledge = known.source.knowledge
    pins = {}
    for version, release in known.source.releases.items():
        view, today = _view_of(known, version), known.by_release.get((version, Lane.TODAY))
        works = view is not None and not view.unusable
        if works and today is not None and today.unusable and (version, Lane.TODAY) in knowledge.measurements:
            pins[version] = tuple(original_client_pins(knowledge, release))
    return pins


class _Classes:
    """What is known of the exception classes of each release, by the rules of the scan."""

    def __init__(self, first: EpochViews) -> None:
        self._views = first
        self._sdk = Sdk(first.source.target)
        self._numbers: dict[int, int] = {}
        self.known: Once[AskClasses] = Once()

    def number(self, version: str) -> int:
        """Return the number of what is known of the classes of a release; `NOTHING` if it was not measured."""
        view = _view_of(self._views, version)
        if view is None or view.unusable:
            return NOTHING
        if id(view) not in self._numbers:
            self._numbers[id(view)] = self.known.number(self._of(view))
        return self._numbers[id(view)]

    def _of(self, view: EpochView) -> AskClasses:
        recorded = Recorded(view.target, view.epoch.versions[-1], view.behaviour, ())
        names = sorted(name.rpartition(".")[2] for name in self._sdk.errors)
        lacks = {name: recorded.classes.lacks(f"{self._sdk.module}.{name}") for name in names}
        private = f"{self._sdk.module}._exceptions."
        hidden = {name for name in names if lacks[name] and not recorded.classes.lacks(private + name)}
        return AskClasses(
            has=tuple(name for name in names if lacks[name] is False),
            lacks=tuple(name for name in names if lacks[name] and name not in hidden),
            private=tuple(name for name in names if name in hidden),
        )
