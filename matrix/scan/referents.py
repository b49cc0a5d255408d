"""The things to which an expression of a user may refer: clients, functions, classes, objects and modules. Pure."""

import ast
from dataclasses import dataclass
from typing import Final, TypeAlias

from matrix.scan.scopes import Module, Scope
from matrix.scan.values import DottedName, OwnClass, OwnFunction


@dataclass(frozen=True, slots=True)
class ClientObject:
    """A client of the SDK.

    Attributes:
        name: Its class if that is not first-party: `AnthropicBedrock`; otherwise empty.
        is_async: Whether its class is asynchronous.
        retries: Whether it repeats failed requests by itself; None if the source does not show it.
        streams: Whether its methods that return a whole answer read it from a stream; None if the source does not show
            it.
        made: What makes it of another client; None if it is none of those.
    """

    name: str
    is_async: bool
    retries: bool | None = None
    streams: bool | None = None
    made: ast.AST | None = None


UNKNOWN_CLIENT: Final = ClientObject("", is_async=False)
"""The client of a method that is recognised by its names only."""

MODULE_CLIENT: Final = ClientObject("", is_async=False)
"""The client that the module of an SDK is itself; its options are those of the module."""


@dataclass(frozen=True, slots=True)
class ClientMember:
    """An attribute of a client, of any depth.

    Attributes:
        client: The client.
        path: The names from the client on: `("beta", "messages", "create")`.
    """

    client: ClientObject
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnObject:
    """An instance of a class of the scanned files.

    Attributes:
        own: The class.
        is_super: Whether it is `super()`, which looks names up in the base classes only.
    """

    own: OwnClass
    is_super: bool = False


@dataclass(frozen=True, slots=True)
class PartialCall:
    """A function with some arguments, made by `functools.partial`.

    Attributes:
        target: The function.
        call: The call of `functools.partial`.
    """

    target: "Referent"
    call: ast.Call


@dataclass(frozen=True, slots=True)
class Container:
    """A list, tuple or dict that is written out.

    Attributes:
        node: Its expression.
        scope: The scope of that expression.
    """

    node: ast.Dict | ast.List | ast.Tuple
    scope: Scope


Referent: TypeAlias = (
    ClientObject | ClientMember | OwnObject | PartialCall | Container | DottedName | OwnClass | OwnFunction | Module
)
"""A thing to which an expression may refer."""
