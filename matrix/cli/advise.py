"""`matrix advise`: recommend a release to pin."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import click
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from matrix.advice.pin import Advice, recommend
from matrix.cli import arguments, completion
from matrix.cli.documents import document
from matrix.cli.freshness import warn_if_stale
from matrix.cli.terminal import give_document, say_lines, style
from matrix.errors import UsageError, require_known
from matrix.manifests.npm_dependencies import split_descriptor
from matrix.manifests.npm_ranges import alternatives
from matrix.manifests.specifiers import specifier_of
from matrix.model import runtime_title
from matrix.releases import selection
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets.target import Registry, Target


@click.command("advise")
@click.argument("specifier", default="")
@click.option(
    "--catching",
    multiple=True,
    metavar="HANDLER",
    shell_complete=completion.handlers,
    help="Advise for code that uses this handler; repeatable. `matrix list handlers` lists them.",
)
@arguments.clients("Advise for code that uses this client. Default: the clients of the extras in SPECIFIER")
@arguments.python("The Python version that the release must run on.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Ignore releases uploaded after this day. Default: the day of the data.",
)
@click.option(
    "--min-age",
    type=arguments.Days(),
    default="0d",
    show_default=True,
    metavar="AGE",
    help="Skip releases that are younger than this, such as 7d.",
)
@arguments.form
@click.pass_obj
def advise_command(
    store: Store,
    specifier: str,
    catching: tuple[str, ...],
    clients: tuple[str, ...],
    python: str,
    as_of: dt.datetime | None,
    min_age: int,
    form: str,
) -> None:
    """Recommend a release to pin, and give the reasons.

    Chooses among the releases that SPECIFIER allows; default: all. Write SPECIFIER as in a requirements file:
    '>=0.40,<1' or 'anthropic[aiohttp]>=1'; for a package of npm as in package.json: '^0.81.0'. One release, such as
    2.12.0, is allowed too. The answer depends on the data and the options, never on the day of the call.

    \b
    Exit codes: 0 a recommendation, 2 usage, 3 no release can be recommended.
    """  # noqa: D301 - click does not wrap a paragraph after \b
    knowledge = queries.knowledge(store, store.target.runtime)
    requirement = _requirement(knowledge, specifier, python)
    day = as_of.date() if as_of else knowledge.measured or knowledge.releases[-1].uploaded.date()
    advice = recommend(
        knowledge, requirement.specifier, as_of=day, catching=require_known(catching, knowledge.handlers, "handler"),
        python=python, min_age=min_age, extras=requirement.extras, clients=clients,
    )  # fmt: skip
    if form == "json":
        give_document(document(advice))
    else:
        say_lines(_lines(store.target, advice))
    warn_if_stale(store, knowledge.measured)
    if advice.pin is None:
        raise click.exceptions.Exit(3)


class _Requirement(NamedTuple):
    """The releases among which one is chosen.

    Attributes:
        specifier: The releases.
        extras: The extras of the package that are used, sorted.
    """

    specifier: SpecifierSet
    extras: list[str]


def _requirement(knowledge: Knowledge, specifier: str, python: str) -> _Requirement:
    if knowledge.target.registry is Registry.NPM:
        return _npm_range(knowledge.target.package, specifier.strip())
    return _python_requirement(knowledge, specifier.strip(), python)


def _npm_range(package: str, text: str) -> _Requirement:
    """Read a range of npm, alone or behind the name of the package."""
    name, range_ = split_descriptor(text) if text.startswith(("@", package)) else (package, text)
    if name != package:
        hint = f"Write '{package}@^{_EXAMPLE}', or '^{_EXAMPLE}'."
        raise UsageError(f"{text!r} is not a requirement on {package}.", hint)
    try:
        specifiers = alternatives("" if range_ == "latest" else range_)
    except ValueError:
        raise UsageError(f"{text!r} is not a range of npm.", f"Write it as '^{_EXAMPLE}'.") from None
    if len(specifiers) > 1:
        raise UsageError(
            f"{text!r} has alternatives.", f"Ask for one of them, such as '{range_.split('||')[0].strip()}'."
        )
    return _Requirement(SpecifierSet(specifiers[0]), [])


_EXAMPLE: Final = "0.81.0"
"""A version in a hint."""


def _python_requirement(knowledge: Knowledge, text: str, python: str) -> _Requirement:
    """Read a requirement as in a requirements file, its specifier alone, or the name of a release."""
    package = knowledge.target.package
    extras, named = arguments.without_package(knowledge.target, text)
    if text.endswith(selection.LATEST):
        named = selection.newest_version({release.version: release for release in knowledge.releases}, python)
    with contextlib.suppress(InvalidVersion):
        text = f"{package}{extras}=={Version(named)}"
    try:
        requirement = Requirement(text if re.match(r"[A-Za-z]", text) else f"{package}{text}")
    except InvalidRequirement as error:
        raise UsageError(
            f"{text!r} is not a requirement: {str(error).splitlines()[0]}.", "Write it as '>=0.40,<1'."
        ) from None
    if canonicalize_name(requirement.name) != package or requirement.url:
        hint = f"Write '{package}>=0.40,<1', or '>=0.40,<1'."
        raise UsageError(f"{text!r} is not a requirement on {package}.", hint)
    if requirement.marker is not None:
        raise UsageError(f"{text!r} has a marker.", "Remove the marker, and name the Python version with --python.")
    return _Requirement(requirement.specifier, sorted(requirement.extras))


def _lines(target: Target, advice: Advice) -> Iterator[str]:
    allowed = target.require(specifier_of(advice.specifier)) if advice.specifier else f"any release of {target.package}"
    handlers = f", for {', '.join(advice.catching)}" if advice.catching else ""
    clients = f", with {', '.join(advice.clients)}" if advice.clients else ""
    yield f"Allowed: {allowed}, on {runtime_title(advice.python)}, as of {advice.as_of}{handlers}{clients}."
    if advice.measured is not None:
        after = "; releases uploaded after that day are not measured" if advice.as_of > advice.measured else ""
        yield f"Data of {advice.measured}{after}."
    yield ""
    if advice.pin is None:
        yield style("No release can be recommended.", bold=True) + f" {advice.why}"
        if not advice.passed:
            yield "`matrix refresh` finds newer releases, and `matrix run` measures them."
    else:
        yield style(f"Pin {advice.pin.version}", bold=True, fg="green") + f", released {advice.pin.uploaded}."
        yield advice.why
        if advice.python != advice.measured_on:
            yield f"Measured on {runtime_title(advice.measured_on)}; its metadata declares support for {advice.python}."
        yield ""
        for file_kind, text in advice.lines.items():
            first, *more = text.splitlines()
            yield f"  {file_kind:<13} {first}"
            yield from (f"  {'':<13} {line}" for line in more)
        if advice.buys:
            yield ""
            yield style("Problems that this release avoids", bold=True)
            yield from (f"  {fault}" for fault in advice.buys)
        if advice.remains:
            yield ""
            yield style("Problems that remain", bold=True)
            for fact in advice.remains:
                yield f"  {fact.level}: {fact.on(advice.pin.version)} [{fact.rule}]"
                if fact.instead:
                    yield f"    {fact.instead}"
        if advice.remedy:
            yield "  midstream/remedy.py fixes them on any release; `matrix list handlers remedy` prints how to use it."
        if advice.next:
            yield ""
            yield f"Next: {advice.next}."
    if advice.passed:
        yield ""
        yield style("Skipped releases", bold=True)
        for rejected in advice.passed:
            versions = rejected.versions
            named = ", ".join(versions) if len(versions) <= 4 else f"{versions[0]} to {versions[-1]}"
            yield f"  {rejected.reason}: {len(versions)} ({named})"
