"""`matrix list`: list targets, SDKs, releases, scenarios, clients, surfaces, handlers, the remedy's proof or rules.

Each is printed as tables or as JSON. A JSON document has the schema `midstream/list-<what>/1` and one field with the
name of what is listed: a list of objects; that of `list sdks` also has the day and the failures. A pipe gets tables as
wide as their text.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import click
from msgspec import to_builtins

from matrix.catalogue.dialect import OF_ANTHROPIC, OF_OPENAI
from matrix.catalogue.headlines import HEADLINES
from matrix.catalogue.steps import Scenario, sort_by_family
from matrix.catalogue.suite import Suite
from matrix.cli import arguments, completion
from matrix.cli.columns import lay_out
from matrix.cli.data_folder import default_data
from matrix.cli.terminal import give_document, say, say_block, style
from matrix.errors import UsageError, require_known
from matrix.findings.rules import RULES
from matrix.model import Cell, Lane, Release, runtime_title, upload_day
from matrix.observation import Outcome
from matrix.schema import encode
from matrix.store import queries
from matrix.store.documents import RELEASES
from matrix.store.store import Store
from matrix.system.text import visible
from matrix.targets import TARGETS
from matrix.targets.target import Target
from matrix.verdicts.remedy_proof import ProofCount, prove_remedy

NO_CLIENT = "no client can be made"
"""The result of a release whose client can't be constructed with the dependencies of a lane."""


def _give(what: str, items: Iterator[Mapping[str, Any]]) -> None:
    """Print a list as a JSON document."""
    give_document(encode({"schema": f"midstream/list-{what}/1", what: list(items)}))


@click.group("list")
def list_command() -> None:
    """List targets, SDKs, releases, scenarios, clients, surfaces, handlers, the remedy's proof or rules."""


@list_command.command("targets")
@arguments.form
def targets(form: str) -> None:
    """List the packages under test, what the newest release of each raises, and the packages that depend on them.

    The column `overloaded stream` says how a stream ends whose server is overloaded, with today's dependencies.
    """
    items = [_describe_target(target) for target in TARGETS.values()]
    if form == "json":
        _give("targets", iter(items))
        return
    rows = [
        (
            item["id"],
            f"{item['package']} on {item['registry']}",
            item["newest"],
            item["overload"] or "not measured",
            ", ".join(item["carriers"]),
        )
        for item in items
    ]
    say_block(lay_out(("id", "package", "newest", "overloaded stream", "installed by"), rows, wrapped=[3, 4]))


def _describe_target(target: Target) -> dict[str, Any]:
    """Describe a target, and its newest final release that has a result with today's dependencies."""
    newest, overload = "", ""
    folder = default_data(target)
    if (folder / RELEASES).is_file():
        knowledge = queries.knowledge(Store(folder, target), target.runtime)
        if newest := knowledge.newest:
            measurement = knowledge.measurements[newest, Lane.TODAY]
            judgement = measurement.judgement
            overload = judgement.unusable or judgement.error if judgement else str(measurement.outcome)
    return {
        "id": target.id,
        "package": target.package,
        "registry": str(target.registry),
        "carriers": _carriers(target),
        "newest": newest,
        "overload": overload,
    }


def _carriers(target: Target) -> list[str]:
    """Return the packages that always bring the target, whichever extras are installed."""
    return sorted(name for name, carrier in target.index.carriers.items() if "" in carrier.requires)


@list_command.command("sdks")
@click.argument("failure", metavar="[FAILURE]", required=False, type=click.Choice([*HEADLINES]))
@arguments.form
@click.pass_obj
def sdks_command(store: Store, failure: str | None, form: str) -> None:
    """Compare the newest release of every target by the twelve headline failures, or by one FAILURE.

    Each is measured with today's dependencies, on the streaming call that people use most.
    """
    from matrix.cli import documents, sdks  # no other list needs these

    table = sdks.read_sdks(sdks.stores_of_targets(store))
    if form == "json":
        give_document(documents.document(table))
    else:
        sdks.print_sdks(table, [failure] if failure else ())


@list_command.command("releases")
@arguments.form
@click.pass_obj
def releases(store: Store, form: str) -> None:
    """List every known release, with its results in both lanes."""
    results = _describe_results(store)
    listed = store.releases()
    if form == "json":
        _give("releases", (_release(release, results) for release in listed.values()))
        return
    rows = []
    for version, release in listed.items():
        unmeasured = {lane: "not measured" if release.has_lane(lane) else "not run" for lane in Lane}
        lanes = [results.get((version, lane), unmeasured[lane]) for lane in Lane]
        notes = ["pre-release"] * release.is_prerelease
        if release.yanked is not None:
            notes.append(f"{store.target.withdrawn}: {visible(release.yanked) or 'no reason given'}")
        notes += ["no wheel"] * (not release.wheels)
        needs = visible(release.requires_python or "")
        rows.append((version, upload_day(release), needs, *lanes, ", ".join(notes)))
    say_block(lay_out(("version", "uploaded", runtime_title(store.target.runtime).split()[0], *Lane, ""), rows))


def _describe_results(store: Store) -> dict[tuple[str, Lane], str]:
    """Return the result of each release in each lane in a few words."""
    judgements = store.judgements()

    def describe(cell: Cell) -> str:
        stored = cells[cell]
        judgement = judgements.get(stored.behaviour)
        unusable = stored.outcome is Outcome.COMPLETED and judgement is not None and judgement.unusable
        suite = "" if stored.suite == store.target.digest else " (old suite)"
        return f"{NO_CLIENT if unusable else stored.outcome}{suite}"

    runtime = store.target.runtime
    cells = {cell: stored for cell, stored in store.cells().items() if cell.python == runtime and not cell.extra}
    return {(cell.version, cell.lane): describe(cell) for cell in cells}


def _release(release: Release, results: Mapping[tuple[str, Lane], str]) -> dict[str, Any]:
    return {
        "version": release.version,
        "uploaded": release.uploaded.date().isoformat(),
        "requires_python": release.requires_python,
        "yanked": release.yanked,
        "prerelease": release.is_prerelease,
        "wheels": len(release.wheels),
        "results": {lane: results.get((release.version, lane)) for lane in Lane},
    }


@list_command.command("scenarios")
@arguments.form
@click.pass_obj
def scenarios(store: Store, form: str) -> None:
    """List the scenarios, grouped by family."""
    catalogue = store.target.catalogue
    if form == "json":
        _give(
            "scenarios",
            (
                {
                    "id": s.id,
                    "family": s.family,
                    "text_before": s.text,
                    "retry": s.retry,
                    "dialects": sorted(s.dialects),
                    "title": s.title,
                }
                for s in catalogue.values()
            ),
        )
        return
    for family, members in groupby(sort_by_family(catalogue.values()), key=lambda scenario: scenario.family):
        rows = [
            (
                scenario.id,
                scenario.text,
                "yes" if scenario.retry else "no",
                scenario.title + _limits(store.target, scenario),
            )
            for scenario in members
        ]
        say(style(f"{family}: {len(rows)}", bold=True))
        say_block(lay_out(("id", "text before", "retry", "what happens"), rows, wrapped=[3]))
        say()
    say(f"{len(catalogue)} scenarios, suite {store.target.digest}.")
    say("`Only` names the dialects in which a scenario exists; in any other it is not applicable.")


def _limits(target: Target, scenario: Scenario) -> str:
    """Name the dialects in which a scenario exists, if there is one in which it does not."""
    every = scenario.dialects in (OF_ANTHROPIC, OF_OPENAI, target.dialects)
    return "" if every else f" Only: {', '.join(sorted(scenario.dialects))}."


@list_command.command("clients")
@arguments.form
@click.pass_obj
def clients(store: Store, form: str) -> None:
    """List the clients of the SDK that are tested."""
    suite, listed = store.target.suite, store.target.clients
    counts = dict(_count_calls(suite, None))
    played = {client.id: sum(counts[surface] for surface in suite.surfaces_of(client.id)) for client in listed}
    if form == "json":
        _give(
            "clients",
            (
                {"id": c.name, "class": c.class_name, "extra": c.extra, "plays": played[c.id], "title": c.title}
                for c in listed
            ),
        )
        return
    rows = [(c.name, c.class_name, c.extra, f"{played[c.id]:>5}", c.title) for c in listed]
    say_block(lay_out(("id", "class", "extra", "calls", "service"), rows, wrapped=[4]))


def _count_calls(suite: Suite, client: str | None) -> list[tuple[str, int]]:
    """List the surfaces of a client, or all of them, each with the number of scenarios that are played on it."""
    played = Counter(call.surface for extra in ("", *suite.extras) for call in suite.calls(extra=extra))
    return [(id_, played[id_]) for id_ in (suite.surfaces if client is None else suite.surfaces_of(client))]


@list_command.command("surfaces")
@arguments.client("List only the calls of this client")
@arguments.form
@click.pass_obj
def surfaces(store: Store, client: str | None, form: str) -> None:
    """List the calls of the SDK that are tested."""
    suite = store.target.suite
    names = {each.id: each.name for each in store.target.clients}
    listed = [(id_, count, suite.surfaces[id_]) for id_, count in _count_calls(suite, client)]
    if form == "json":
        _give(
            "surfaces",
            (
                {
                    "id": id_,
                    "plays": count,
                    "extra": surface.extra,
                    "client": names[surface.client],
                    "dialect": surface.dialect,
                    "title": surface.title,
                }
                for id_, count, surface in listed
            ),
        )
        return
    rows = [(id_, f"{count:>5}", surface.title) for id_, count, surface in listed]
    say_block(lay_out(("id", "plays", "call"), rows, wrapped=[2]))
    cell = len(suite.calls())
    more = "".join(f", and {len(suite.calls(extra=extra))} in one with the extra {extra}" for extra in suite.extras)
    say()
    say(f"{cell} calls in a cell{more}.")


@list_command.command("rules")
@arguments.form
def rules(form: str) -> None:
    """List the rules of `matrix check` and `matrix scan`, worst first."""
    if form == "json":
        _give("rules", ({"id": rule.id, "title": rule.title, "help": rule.help} for rule in RULES.values()))
        return
    rows = [(rule.id, f"{rule.title}. {rule.help}") for rule in RULES.values()]
    say_block(lay_out(("id", "what it means"), rows, wrapped=[1]))


@list_command.command("handlers")
@click.argument("id_", metavar="[ID]", default="", shell_complete=completion.handlers)
@arguments.form
@click.pass_obj
def handlers_command(store: Store, id_: str, form: str) -> None:
    """List the handlers: ways to catch stream errors. With an ID, print its source."""
    handlers = store.target.handlers
    if id_:
        require_known([id_], handlers, "handler")
    if form == "json":
        _give(
            "handlers",
            (
                {"id": handler.id, "title": handler.title, "seen_in": handler.seen_in, "source": handler.source}
                for handler in handlers.values()
                if id_ in ("", handler.id)
            ),
        )
        return
    if not id_:
        rows = [(handler.id, handler.title, handler.seen_in or "this project") for handler in handlers.values()]
        say_block(lay_out(("id", "what it does", "seen in"), rows, wrapped=[1, 2]))
        say()
        say(f"{len(handlers)} handlers. `matrix list handlers ID` prints the source of a handler.")
        return
    handler = handlers[id_]
    say(f"{handler.title} {f'Seen in {handler.seen_in}.' if handler.seen_in else 'Part of this project.'}")
    say()
    say_block(handler.source)


@list_command.command("remedy")
@arguments.form
@click.pass_obj
def remedy(store: Store, form: str) -> None:
    """List how often the remedy is right, for each client, and the cases in which it is not.

    The counts are observations: one for each call, release and lane. On a watched call the remedy sees the events.
    """
    target = store.target
    if target.remedy is None:
        raise UsageError(f"There is no remedy for {target.package}.", "Run `matrix list targets` to see all packages.")
    results = queries.results_of_clients(store, target.digest, target.runtime, target.client_ids.values())
    proof = prove_remedy(
        target,
        {
            client: [((cell.version,), result.behaviour) for cell, result in by_cell.items()]
            for client, by_cell in results.items()
        },
    )
    if form == "json":
        _give("remedy", ({"client": client.name, **to_builtins(count)} for client, count in proof.clients))
        return
    rows = [(client.name, *_describe_count(count)) for client, count in proof.clients]
    rows.append(("all", *_describe_count(proof.total)))
    say_block(lay_out(("client", "releases", "right, watched", "right, unwatched"), rows))
    say()
    cases = [(f"{case.observations:>7,}", case.limit.reason) for case in proof.limits]
    cases += [(f"{1:>7}", f"For an unknown reason: {call}") for call in proof.unexplained]
    say_block(lay_out(("not right", "why"), cases, wrapped=[1]))


def _describe_count(count: ProofCount) -> tuple[str, str, str]:
    return (
        f"{count.releases:>8}",
        f"{count.watched_right:,} of {count.watched:,}",
        f"{count.unwatched_right:,} of {count.unwatched:,}",
    )
