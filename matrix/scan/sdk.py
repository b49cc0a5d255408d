"""What the scan has to know of a target, derived from it once: the names by which programs use it. Pure."""

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Final

from matrix.targets.names import is_within
from matrix.targets.target import Target

_NO_CLIENTS: Final = ("Error", "Exception", "Object")
"""The ends of the names of classes that begin as those of clients do: `AnthropicError`, `OpenAIObject`."""

_OF_REMEDY: Final = (b"remedy", b"StreamFailed")
"""The words of our remedy."""

_OVERLOAD: Final = "overload"
"""The word that every API uses of a server with too much to do."""


@dataclass(frozen=True)
class Sdk:
    """The SDK of a target, as a user's source names it.

    Attributes:
        target: The target.
        everywhere: Whether code is judged also in files that do not import the SDK, by what it looks for in errors.
        scanned: The packages whose own sources are scanned.
    """

    target: Target
    everywhere: bool = False
    scanned: frozenset[str] = frozenset()

    @cached_property
    def module(self) -> str:
        """The name by which programs import it."""
        return self.target.module

    def owns(self, name: str) -> bool:
        """Return whether a dotted name is the module or something in it."""
        return is_within(name, self.module)

    @cached_property
    def frameworks(self) -> dict[str, frozenset[str]]:
        """The packages that call it, each with its functions that ask; in its own sources, every file would be one."""
        return {name: asking for name, asking in self.target.frameworks.items() if name not in self.scanned}

    @cached_property
    def short_name(self) -> str:
        """The last part of the module's name, by which programs that import it from its package call it."""
        return self.module.rpartition(".")[2]

    @cached_property
    def errors(self) -> frozenset[str]:
        """The exceptions that a user may import from the module, dotted."""
        classes = self.target.classes
        general = {classes.base, classes.root, classes.status, classes.connection, classes.timeout, classes.overloaded}
        by_status = {name for names in classes.by_status.values() for name in names}
        return frozenset(f"{self.module}.{name}" for name in general | by_status | classes.others | classes.former)

    @cached_property
    def modules(self) -> frozenset[str]:
        """The modules from which programs import exceptions, dotted: those of today, and that of old releases."""
        classes = self.target.classes
        former = f"{self.module}.{classes.former_module}" if classes.former_module else ""
        return frozenset(filter(None, (self.module, classes.module, former)))

    @cached_property
    def other_packages(self) -> frozenset[str]:
        """Packages whose classes are not the SDK's, though they may have the same names."""
        return self.target.classes.lookalikes | sys.stdlib_module_names

    @cached_property
    def known_packages(self) -> frozenset[str]:
        """Packages whose names are never looked up in the files of the scan: its own, and those it is used with."""
        root = self.module.partition(".")[0]
        return frozenset({root, self.target.transport.module, "backoff", "tenacity"})

    @cached_property
    def http_libraries(self) -> frozenset[str]:
        """Every name of the HTTP library under the SDK."""
        return frozenset({self.target.transport.module}) | self.target.transport.aliases

    @cached_property
    def overload_words(self) -> frozenset[str]:
        """What only an overloaded server of this API says: a word, and its status unless others use that too."""
        status = self.target.overloaded_status
        return frozenset({_OVERLOAD} if status in {*HTTPStatus} else {_OVERLOAD, str(status)})

    @cached_property
    def mention(self) -> re.Pattern[bytes]:
        """Matches the name of the module, of a framework that calls it, or of our remedy where it may be imported."""
        names = [re.escape(name) for name in self.words if name not in _OF_REMEDY]
        words = [rb"%b\b(?<![.\w]%b)" % (name, name) for name in names]  # first the word, by which Python searches fast
        return re.compile(b"|".join([*words, rb"remedy\b(?<!\wremedy)"]))

    @cached_property
    def words(self) -> tuple[bytes, ...]:
        """The words of which a file has one if it uses the SDK, a framework or our remedy: a quick test."""
        functions = (name.rpartition(".")[2] for name in self.target.calls.factories if not self.owns(name))
        names = dict.fromkeys((self.module, self.short_name, *functions, *sorted(self.frameworks)))
        return (*(name.encode() for name in names), *_OF_REMEDY)

    def public(self, name: str) -> str:
        """Return a class's public name, whichever module it was taken from: `acme._exceptions.X` is `acme.X`."""
        public = f"{self.module}.{name.rpartition('.')[2]}"
        return public if public in self.errors and self.owns(name) else name

    def find_constant(self, enum: str, name: str) -> str | None:
        """Find the value of a member of an enum of the package, given the dotted name of the enum; None if unknown."""
        member = f"{enum.rpartition('.')[2]}.{name}"
        return self.target.stream.constants.get(member) if self.owns(enum) else None

    def is_maker(self, path: tuple[str, ...]) -> bool:
        """Return whether a method of a client, by its names, sends nothing and returns an object of its resource."""
        calls = self.target.calls
        return ".".join(name for name in path if name not in calls.prefixes) in calls.makers

    def is_error(self, name: str) -> bool:
        """Return whether a dotted name is an exception of the SDK."""
        return self.public(name) in self.errors

    def may_lack(self, name: str) -> bool:
        """Return whether a release may lack an exception, by its dotted name: one of the SDK, or of its parents."""
        return self.is_error(name) or name.partition(".")[0] in self.target.classes.parents

    def is_overloaded(self, name: str) -> bool:
        """Return whether a dotted name is the SDK's class of an overloaded server."""
        return self.public(name) == f"{self.module}.{self.target.classes.overloaded}"

    def is_client(self, name: str) -> bool:
        """Return whether a dotted name is a class of clients of the SDK."""
        if not self.owns(name):
            return False
        last = name.rpartition(".")[2].removeprefix("Async")
        if self.target.sdk:  # a framework has classes of many kinds
            return last in self.target.calls.other_clients or any(each.is_named(last) for each in self.target.clients)
        return (
            last == "Client"
            or last in self.target.calls.other_clients
            or (last[:1].isupper() and last.startswith(self.target.client_prefix) and not last.endswith(_NO_CLIENTS))
        )

    def lacks_client(self, name: str) -> bool:
        """Return whether a dotted name means a client that the package itself does not export."""
        package, _, last = name.rpartition(".")
        client = self.target.find_client(last)
        return client is not None and client.module != "" and package == self.module

    def says_overload(self, constant: object) -> bool:
        """Return whether a constant is what only an overloaded server of this API says."""
        text = str(constant).lower()
        return _OVERLOAD in text or text in self.overload_words
