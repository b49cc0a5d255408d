"""Complete ids and versions on the command line of a shell. I/O: reads the list of releases.

`eval "$(_MATRIX_COMPLETE=bash_source matrix)"` switches it on in bash; zsh and fish have `zsh_source` and
`fish_source`. A failure completes nothing, since a shell shows no message.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from matrix.store.store import Store

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def _store(context: click.Context) -> Store:
    """Return the store of the command line so far; a shell runs no command, so the context has none."""
    from matrix.cli.data_folder import default_data
    from matrix.targets import DEFAULT, TARGETS

    settings = context.find_root().params
    target = TARGETS.get(str(settings.get("target_id")), DEFAULT)
    return Store(settings.get("data") or default_data(target), target)


def _completer(names: Callable[[Store], Iterable[tuple[str, str]]]) -> Completer:
    """Make a completer of names, each with its help."""

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        try:
            known = list(names(_store(context)))
        except Exception:  # noqa: BLE001 - damaged data must not break the line that the user types
            return []
        return [CompletionItem(name, help=text) for name, text in known if name.startswith(incomplete)]

    return complete


handlers = _completer(lambda store: ((handler.id, handler.title) for handler in store.target.handlers.values()))
clients = _completer(lambda store: ((client.name, client.title) for client in store.target.clients))
scenarios = _completer(lambda store: ((scenario.id, scenario.title) for scenario in store.target.catalogue.values()))
surfaces = _completer(lambda store: ((id_, surface.title) for id_, surface in store.target.surfaces.items()))
versions = _completer(lambda store: ((version, "") for version in reversed(store.releases())))


def cells(context: click.Context, parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Complete `VERSION`, and the lane after a colon."""
    from click.shell_completion import CompletionItem

    from matrix.model import Lane

    version, colon, _ = incomplete.partition(":")
    if not colon:
        return versions(context, parameter, incomplete)
    return [CompletionItem(name) for lane in Lane if (name := f"{version}:{lane}").startswith(incomplete)]
