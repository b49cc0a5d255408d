"""A target: everything that the rest of the program needs to know about one package under test.

A new package is a folder next to this file and a line in `matrix.targets`; no other room changes.
"""

import hashlib
import importlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.model import DEFAULT_PYTHON, Cell, Frozen
from matrix.observation import Call, Raised
from matrix.targets.endpoint import Endpoint
from matrix.targets.handler import Handler, read_handler
from matrix.targets.index_facts import IndexFacts
from matrix.targets.launcher import Launcher
from matrix.targets.links import Links
from matrix.targets.names import HTTPX, CallSyntax, Classes, Client, StreamSyntax, Transport
from matrix.targets.soak import Soak
from matrix.targets.sources import HANDLERS, SUFFIXES, find_sources

if TYPE_CHECKING:
    from packaging.version import Version

    from matrix.catalogue.steps import Scenario
    from matrix.catalogue.suite import Suite
    from matrix.catalogue.surfaces import Surface
    from matrix.targets.limits import Limit


class Registry(StrEnum):
    """A registry on which releases of packages are published."""

    PYPI = "PyPI"
    NPM = "npm"


class Example(Frozen, frozen=True):
    """A requirement that the page of checks offers to try.

    Attributes:
        text: The lines of a requirements file.
        catching: The handlers that are chosen with it, by id.
    """

    text: str
    catching: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A package under test, and all that depends on it.

    Attributes:
        id: Its name in options, folders of data and addresses of the site.
        title: The name that people use.
        registry: The registry of its releases.
        package: Its name on the registry.
        module: The name by which programs import it.
        checkout: The name of the folder that cloning its repository creates.
        classes: Its exceptions.
        clients: Its clients, that of the provider's own API first.
        calls: The forms of a call in programs.
        stream: The forms in which programs read its streams.
        is_scanned: Whether programs that use it can be judged from their source: it was shown that what a scan says of
            them is what they do.
        transport: The HTTP library under it.
        frameworks: Packages that call it and raise exceptions of their own, by the name that programs import, each
            with the names of its functions and methods that ask a model. What they raise was not measured.
        statuses: Each error type of the API to its documented HTTP status.
        overloaded_type: The error type of an overloaded server, one of `statuses`.
        stream_status: The status of an error inside a stream by the rule of the package's maintainers: that of the
            response, or None if such an error has none.
        spellings: The words of its users for words of ours that name something in Python, such as `status_code`; only
            those that differ.
        error_names: The attributes that name an error by that rule, in the order of pages; one of them is enough. The
            attribute `body` names it by the code or the type of the object in it.
        maps_stream_errors: Whether they intend the exception of a plain HTTP response, so that both rules are one, and
            the two attributes above mean nothing.
        sends_error: The beginning of an error inside a stream of its API.
        last_event: What ends a complete stream of its API.
        endpoints: The paths of the API that its clients call.
        api: The name of the API that people use.
        current_api: The beginning of the ids of the surfaces that people call today; older releases may lack them.
        snippet: The code that creates a client; `{base_url}` stands for the address of the server.
        links: Public pages about it.
        launcher: The way to start its probe.
        runtime: The runtime of its cells if a command names none: a version of Python, or `node-24`.
        home: The Python package with its module `suite` and, if it has a remedy, `remedy_limits`.
        folder: The folder of its probe, handlers and control.
        hopeless: The number of calls that hang or crash each time before the rest of their surface is skipped as
            `not-run`. More scenarios than that must not hang on a release that is of use.
        class_handler: The handler that catches an overloaded server by class, by id.
        compared_handlers: The handlers, by id, by which the page for readers with the error message compares releases:
            what people try first, then what works; empty if it leaves the target out.
        shared_probe: The folder of the parts of its probe that it shares with other targets; None if it shares none.
        kind_probe: The folder of the parts that it shares with targets of its kind alone; None if it shares none.
        remedy: The file of the remedy that some of its handlers import; None if there is none.
        remedy_since: The oldest release for which the remedy is made; empty for all.
        remedy_usage: The code around a call that uses the remedy.
        examples: What the page of checks offers to try.
        soak: The soak of its asynchronous clients, whose program is in the folder `soak`; None if it has none.
        is_sampled: Whether a run measures a sample of its releases, and then the releases around each change.
        extra: The extra with which people install it; empty if they need none.
        sdk: The SDK that it calls, as the registry names it, which is installed with it; empty if it calls none.
        sdk_ranges: The versions of that SDK that go with its releases, by their major version, for npm: no requirement
            of its own says so. A release of another major version takes the newest.
        patched: The module that the patched control changes, such as that of its SDK; empty for its own.
        patch_source: The patch of that module; None for the one in its probe's folder.
        is_default: Whether commands, addresses of the site and ids of the feed that name no target mean this one. Those
            are published, so this never changes.
    """

    id: str
    title: str
    registry: Registry
    package: str
    module: str
    checkout: str = ""
    classes: Classes
    clients: tuple[Client, ...]
    calls: CallSyntax = CallSyntax()
    stream: StreamSyntax = StreamSyntax()
    is_scanned: bool = True
    transport: Transport = HTTPX
    frameworks: Mapping[str, frozenset[str]] = {}
    statuses: Mapping[str, int]
    overloaded_type: str = "overloaded_error"
    stream_status: int | None = 200
    spellings: Mapping[str, str] = {}
    error_names: tuple[str, ...] = ("type",)
    maps_stream_errors: bool = False
    sends_error: str = "event: error"
    last_event: str = "message_stop"
    endpoints: tuple[Endpoint, ...]
    api: str
    current_api: str
    snippet: str
    links: Links
    launcher: Launcher = Launcher()
    runtime: str = DEFAULT_PYTHON
    home: str
    folder: Path
    hopeless: int = 3
    class_handler: str
    compared_handlers: tuple[str, ...] = ()
    shared_probe: Path | None = None
    kind_probe: Path | None = None
    remedy: Path | None = None
    remedy_since: str = ""
    remedy_usage: str = ""
    examples: tuple[Example, ...] = ()
    soak: Soak | None = None
    is_sampled: bool = False
    extra: str = ""
    sdk: str = ""
    sdk_ranges: Mapping[int, str] = {}
    patched: str = ""
    patch_source: Path | None = None
    is_default: bool = False

    @property
    def dialects(self) -> frozenset[Dialect]:
        """The dialects that current clients speak."""
        return frozenset(endpoint.dialect for endpoint in self.endpoints)

    def spell(self, word: str) -> str:
        """Return the word of its users for a word of ours."""
        return self.spellings.get(word, word)

    @property
    def headline_error(self) -> str:
        """What the server reports in the suite's headline: `an overload`, or `an error` if no stream names it."""
        named = getattr(self.catalogue[self.suite.headline].ideal, "error_type", "")
        return "an overload" if named == self.overloaded_type else "an error"

    @property
    def client_prefix(self) -> str:
        """The beginning of the names of its client classes, after an optional `Async`."""
        return self.clients[0].class_name

    @property
    def client_extras(self) -> frozenset[str]:
        """The extras that people install for clients of other services."""
        return frozenset(client.extra for client in self.clients if client.extra)

    @property
    def client_ids(self) -> dict[str, str]:
        """The ids of its clients, by the name that people write."""
        return {client.name: client.id for client in self.clients}

    def client(self, id_: str) -> Client:
        """Return the client with an id."""
        return next(client for client in self.clients if client.id == id_)

    def find_client(self, class_name: str) -> Client | None:
        """Find the client of a class, sync or async, by the name of the class; None if there is none."""
        return next((client for client in self.clients if client.is_named(class_name)), None)

    def lacks_client(self, client: Client, version: "Version") -> bool:
        """Return whether a release is known to have no extra for a client, and so no such client."""
        return bool(client.extra) and self.index.lacks(client.extra, version)

    def pin(self, version: str) -> str:
        """Return the requirement for one release, as its installer takes it."""
        return self.require(f"=={version}")

    def require(self, specifier: str) -> str:
        """Return the requirement for the releases of a PEP 440 specifier, as its installer takes it."""
        if self.registry is Registry.PYPI:
            return f"{self.package}{specifier}"
        range_ = specifier.removeprefix("==").replace(",", " ")
        return f"{self.package}@{range_}" if range_ else self.package

    @property
    def accepted_dialects(self) -> frozenset[Dialect]:
        """The dialects that clients of any version can request."""
        return frozenset(dialect for endpoint in self.endpoints for dialect in endpoint.dialects)

    @property
    def command(self) -> str:
        """The command line of this program for it, up to the subcommand."""
        return "matrix" if self.is_default else f"matrix --target {self.id}"

    @property
    def site_path(self) -> str:
        """The folder of its pages in the site, with a slash at its end; empty for the root."""
        return "" if self.is_default else f"targets/{self.id}/"

    @property
    def urn(self) -> str:
        """What the ids of its feed begin with; ids of two targets never begin alike."""
        return "urn:midstream" if self.is_default else f"urn:midstream:target:{self.id}"

    @property
    def pages(self) -> Path:
        """The folder of its own parts of the site, all optional: `about.html`, `about-link.html`, `card.png`.

        The page for readers with the error message, `fix.html`, needs a remedy and `compared_handlers`.
        """
        return self.folder / "pages"

    @cached_property
    def suite(self) -> "Suite":
        """Its scenarios and surfaces. They are imported on first use, since most advice needs none of them."""
        suite: Suite = importlib.import_module(f"{self.home}.suite").SUITE
        return suite

    @cached_property
    def index(self) -> IndexFacts:
        """What the package index says of it: the file `index.json` in its folder, if there is one."""
        path = self.folder / "index.json"
        return msgspec.json.decode(path.read_bytes(), type=IndexFacts) if path.is_file() else IndexFacts()

    @cached_property
    def remedy_limits(self) -> "tuple[Limit, ...]":
        """Every case in which the remedy cannot be right on some release."""
        if self.remedy is None:
            return ()
        limits: tuple[Limit, ...] = importlib.import_module(f"{self.home}.remedy_limits").LIMITS
        return limits

    @property
    def catalogue(self) -> "Mapping[str, Scenario]":
        """Its scenarios, by id."""
        return self.suite.catalogue

    @property
    def surfaces(self) -> "Mapping[str, Surface]":
        """Its surfaces, by id."""
        return self.suite.surfaces

    @property
    def probe(self) -> Path:
        """The folder of its probe."""
        return self.folder / "probe"

    @property
    def shared_probes(self) -> tuple[Path, ...]:
        """The folders of the parts of its probe that it shares; a file of a later one replaces one of an earlier."""
        return tuple(folder for folder in (self.shared_probe, self.kind_probe) if folder is not None)

    @property
    def soak_program(self) -> Path:
        """The folder of its soak. It is no part of the suite, so a change there measures no cell again."""
        return self.folder / "soak"

    @property
    def patch(self) -> Path:
        """The module of the patched control: it makes a release map errors in a stream to their documented status."""
        if self.patch_source is not None:
            return self.patch_source
        return self.probe / ("midstream_patch.cjs" if self.registry is Registry.NPM else "midstream_patch.py")

    @property
    def withdrawn(self) -> str:
        """The word of its registry for a release that should not be installed any more."""
        return "deprecated" if self.registry is Registry.NPM else "yanked"

    @property
    def installer(self) -> str:
        """The program that resolves and installs its releases, named as in `Provenance`."""
        return "npm" if self.registry is Registry.NPM else "uv"

    @property
    def overloaded_status(self) -> int:
        """The HTTP status of an overloaded server."""
        return self.statuses[self.overloaded_type]

    def error_type(self, status: int) -> str:
        """Return the error type in the body of a plain HTTP error.

        A status that is not documented has the type of the status that begins its hundred; a client's timeout (408)
        has that of a server's (504). Where the table has neither, the documented status that is nearest counts.
        """
        types = {code: name for name, code in self.statuses.items()}
        similar = 504 if status == 408 and 504 in types else status // 100 * 100
        nearest = min(types, key=lambda code: (abs(code - status), code))
        return types[next(code for code in (status, similar, nearest) if code in types)]

    def requirement(self, cell: Cell) -> str:
        """Return the requirement that a cell installs, as in a requirements file, or as npm takes it.

        The SDK under a framework has a line of its own.
        """
        if self.registry is Registry.NPM:
            own, sdk = self.pin(cell.version), self._pin_sdk(cell.version)
            return f"{own}\n{sdk}" if sdk else own
        extras = ",".join(filter(None, (self.extra, cell.extra)))
        own = f"{self.package}[{extras}]=={cell.version}" if extras else self.pin(cell.version)
        return f"{own}\n{self.sdk}" if self.sdk else own

    def _pin_sdk(self, version: str) -> str:
        """Return the requirement on the SDK under a release, as npm takes it; empty if it calls none."""
        if not self.sdk:
            return ""
        major = int(version.partition(".")[0])
        return f"{self.sdk}@{self.sdk_ranges.get(major, '*')}"

    def dependencies(self, pins: Iterable[str]) -> dict[str, str]:
        """Map the packages in the pins of a lock to their versions, without the target itself."""
        versions = dict(pin.split("==", 1) for pin in pins)
        versions.pop(self.package, None)
        return versions

    def is_a(self, raised: Raised, name: str) -> bool:
        """Return whether an exception is an instance of this package's class `name` or of a class derived from it.

        In an old release, another class may stand for it, and so may the class of a package that is the parent.
        """
        names = (name, *self.classes.older.get(name, ()))
        roots = tuple(f"{module}." for module in (self.module, *self.classes.parents))
        kinds = (kind.rpartition(".") for kind in (raised.name, *raised.bases) if kind.startswith(roots))
        return any(last in names for _, _, last in kinds)

    def is_named(self, raised: Raised, error_type: str) -> bool:
        """Return whether an exception names an error as its maintainers intend."""
        return any(error_type in raised.find_names(name) for name in self.error_names)

    def name_attributes(self, quote: str = "") -> str:
        """List the attributes that name an error, each between two quotes: `error.type`."""
        return " or ".join(f"{quote}error.{name}{quote}" for name in self.error_names)

    @property
    def maintainers_rule(self) -> str:
        """What its maintainers intend for an error inside a stream, to follow `The rule expects that`."""
        if self.maps_stream_errors:
            return "the code and the class are those of a plain HTTP response"
        code = "there is no code" if self.stream_status is None else f"the code stays {self.stream_status}"
        return f"{code} and that {self.name_attributes()} names the error"

    def remedy_limit(self, call: Call) -> "Limit | None":
        """Return the case in which the remedy cannot be right about a call; None if there is none."""
        scenario, surface = self.catalogue[call.scenario], self.surfaces[call.surface]
        return next((limit for limit in self.remedy_limits if limit.covers(scenario, surface)), None)

    @cached_property
    def handlers(self) -> dict[str, Handler]:
        """Every handler, by id. Reads their sources in the probe's folder."""
        paths = (path for path in sorted((self.probe / HANDLERS).iterdir()) if path.suffix in SUFFIXES)
        return {path.stem: read_handler(path) for path in paths}

    @cached_property
    def digest(self) -> str:
        """The digest that names this suite: sixteen hexadecimal digits of a SHA-256. Reads the probe's sources.

        It covers every call, every scenario's bytes and timeout, the deadline, and the sources of the probe as a cell
        has it, its handlers and the remedy, with line ends made equal: with another probe, the same calls measure
        something else.
        """
        total = hashlib.sha256(msgspec.json.encode(self.suite.describe(), order="deterministic"))
        sources = find_sources(self.shared_probes, self.probe, self.remedy)
        for name, source in sorted(sources.items()):
            total.update(name.encode() + b"\0" + source.read_bytes().replace(b"\r\n", b"\n") + b"\0")
        return total.hexdigest()[:16]
