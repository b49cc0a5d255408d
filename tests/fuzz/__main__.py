"""Fuzzes every parser: `python -m tests.fuzz --examples 20000`, or some: `python -m tests.fuzz plan index-html`.

What breaks one is written to `tests/corpus/<parser>/`, made as small as Hypothesis can, to be replayed by the tests.
"""

import hashlib

import click
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.mutating import inputs
from tests.support.parsers import PARSERS, Parser
from tests.support.paths import CORPUS
from tests.test_parsers import read


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PARSERS)))
@click.option("--examples", default=10_000, show_default=True, help="For each parser.")
def main(names: tuple[str, ...], examples: int) -> None:
    """Fuzz parsers; leave with 1 if one of them broke."""
    broken = [name for name in names or PARSERS if not holds(name, PARSERS[name], examples)]
    raise SystemExit(1 if broken else 0)


def holds(name: str, parser: Parser, examples: int) -> bool:
    """Whether a parser made a value or a failure with a name of all that it was given."""
    last = b""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(inputs(parser))
    def anything(data: bytes) -> None:
        nonlocal last
        try:
            read(parser, data)
        except Exception:
            last = data
            raise

    try:
        anything()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        path = CORPUS / name / hashlib.sha256(last).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(last)
        click.echo(f"{name}: {type(error).__name__}: {error}; see {path.relative_to(CORPUS.parent.parent)}")
        return False
    click.echo(f"{name}: {examples} examples, all read or refused by name")
    return True


if __name__ == "__main__":
    main()
