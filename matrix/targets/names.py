"""The names by which programs use a package: its exceptions, its HTTP library, its clients and their calls. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


def is_within(name: str, module: str) -> bool:
    """Return whether a dotted name is a module or something in it; `google.api_core` is not in `google.genai`."""
    return f"{name}.".startswith(f"{module}.")


class Classes(msgspec.Struct, frozen=True, kw_only=True):
    """The exceptions of a package, by the names that its users import.

    Attributes:
        base: The base class of all exceptions of the package; it is never raised itself.
        root: The base class of all errors of the API.
        status: The base class of errors for an HTTP error response.
        connection: The class of connection errors; empty if the package has none, and passes on what its HTTP library
            raises.
        timeout: The class of timeouts; derived from `connection`, and empty if that is.
        overloaded: The class of an overloaded server; not every release exports it.
        by_status: HTTP status to the classes of such an error, nearest first, without `status`; has 400, 429 and 500.
        others: All other exception classes of the package.
        older: The classes of old releases that stand for one of today, by the name of that.
        later: The classes that a release has only if it raises them, or classes that are derived from them, unless it
            raises none of its own.
        lookalikes: Packages with classes of the same names.
        former: The classes that only old releases have.
        former_module: The module of all classes in old releases; empty if it was always that of today.
        unrecorded: Attributes that its exceptions may have, and that the probe does not record.
        parents: Packages whose classes it documents as the bases of its own; users catch those too.
        inherited: Those of its parents that it raises, or derives classes from, and does not have under its own name.
        module: The module from which programs import them; empty for that of the package.
        reexports: Other modules from which programs import them; it is not known which release has which.
        unexported: The base classes that the package itself does not export, though they are in no private module.
        response: The attribute of an error with the HTTP response; empty if errors have none.
    """

    base: str
    root: str
    status: str
    connection: str
    timeout: str
    overloaded: str
    by_status: Mapping[int, tuple[str, ...]]
    others: frozenset[str] = frozenset()
    older: Mapping[str, tuple[str, ...]] = {}
    later: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    former_module: str = ""
    unrecorded: frozenset[str] = frozenset()
    lookalikes: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()
    module: str = ""
    reexports: frozenset[str] = frozenset()
    unexported: frozenset[str] = frozenset()
    response: str = "response"

    def of_parents(self, *parents: str) -> "Classes":
        """Return the classes of a package that passes these on, or derives its own from them."""
        return msgspec.structs.replace(self, parents=frozenset(parents))


class Transport(msgspec.Struct, frozen=True):
    """The HTTP library under a package. Its errors reach users where the package does not wrap them.

    Attributes:
        module: The name by which programs import it.
        lost: The classes of the error for a connection lost while a body is read, nearest first.
        aliases: Other names under which the same library is published.
    """

    module: str
    lost: tuple[str, ...]
    aliases: frozenset[str] = frozenset()


HTTPX: Final = Transport(
    "httpx",
    (
        "RemoteProtocolError",
        "ReadError",
        "ProtocolError",
        "NetworkError",
        "TransportError",
        "RequestError",
        "HTTPError",
    ),
    frozenset({"httpx2"}),
)


class Factory(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether the client that a function makes was measured; without any of it, it was not.

    Attributes:
        models: The beginnings of the names of the models that were measured: the function is given one. Its argument
            `model_provider` may name the first of these instead.
        clients: The classes of clients that were measured, without `Async`: the function is given an object of one.
        usual: Its arguments with which the client does something else, each to the names of the values that were
            measured.
    """

    models: tuple[str, ...] = ()
    clients: frozenset[str] = frozenset()
    usual: Mapping[str, frozenset[str]] = {}


class CallSyntax(msgspec.Struct, frozen=True, kw_only=True):
    """The forms of a call in programs, such as `client.beta.messages.with_raw_response.create(...)`.

    Attributes:
        resources: The attributes of a client that have these methods, such as `messages`.
        methods: The methods that request a response, such as `create`.
        own: The methods of a client itself that may stream, each to the id of its surface; empty for a method that was
            not measured, with a stream or without.
        of_module: The attributes of the module that have methods which send requests, without a client of the user.
        awaited: The methods that only return what is awaited, each to the one with which it shares its surface.
        whole: The methods that never stream.
        streaming: The methods that always stream, besides those whose name is `stream` or ends in `_stream`.
        stream_argument: The argument with which a method streams that may do either.
        readers: The methods that read their stream themselves, if they stream, and return when it has ended.
        stepwise: The methods whose result is iterated for steps, each to the method of a step that opens a stream.
        eager: The methods whose stream is read up to the beginning of the answer when it is opened.
        same: The attributes of a client that are the client itself.
        lazy: The methods whose stream sends nothing before it is iterated, though it may be awaited before.
        lazy_async: The methods of which this holds if they are asynchronous.
        managers: The methods whose result sends the request when `with` enters it.
        makers: Methods that send nothing and return an object with the methods of their resource: `chats.create`.
        other_options: The arguments with which a client calls a service of which nothing is measured: `vertexai=True`.
        other_clients: The names of the classes of clients of which nothing is measured, without `Async`.
        other_methods: The decorators and methods of a client that add to it what was not measured, such as `tool`.
        owners: The ends of the names by which programs call a client, in lower case.
        plain: Other methods, which never stream, such as `messages.count_tokens`; without a dot, of a client itself.
        wrappers: The attributes that may stand between resource and method, such as `with_raw_response`.
        prefixes: The attributes that may precede the resource, such as `beta`.
        async_prefixes: Those of them whose methods are asynchronous, such as `aio`.
        foreign: The attributes that only calls of other packages, or calls without a stream, have.
        lookalikes: Packages whose calls look the same. Where one is imported, only calls on a known client count.
        derived: The methods of a client that return another object with the same methods, of which nothing is measured,
            such as `bind_tools`. So do `|`, and functions that are given a client.
        is_known_only: Whether only calls on a known client count, since objects that were not measured have the same
            methods.
        streaming_option: The argument with which a client reads a stream also in methods that return a whole answer,
            which are those of `own` that are not lazy; empty if there is none.
        factories: The functions that make a client, apart from its class.
        wrappers_of_clients: Packages whose functions make of a client one of their own, with exceptions of its own.
        stream_model: The argument that decides whether a call with `stream=True` was measured, and the name of the
            class of which it is then made; empty if no argument does.
        options: The arguments of a call with which it does what was not measured, such as to try again by itself. They
            may also be settings of the module.
        objects: The arguments with which it does so if they are objects, and not numbers.
        models: The beginnings of the names of the models that were measured, or of classes of such models; empty if the
            model does not matter.
        names_model: Whether a client is made with a model, rather than each call.
        default_model: The model of a client that is made without one; empty if it has none.
    """

    resources: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    own: Mapping[str, str] = {}
    of_module: frozenset[str] = frozenset()
    awaited: Mapping[str, str] = {}
    whole: frozenset[str] = frozenset({"parse"})
    streaming: frozenset[str] = frozenset()
    stream_argument: str = "stream"
    readers: frozenset[str] = frozenset()
    stepwise: Mapping[str, str] = {}
    eager: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    lazy: frozenset[str] = frozenset()
    lazy_async: frozenset[str] = frozenset()
    managers: frozenset[str] = frozenset({"stream"})
    makers: frozenset[str] = frozenset()
    other_options: frozenset[str] = frozenset()
    other_clients: frozenset[str] = frozenset()
    other_methods: frozenset[str] = frozenset()
    owners: tuple[str, ...] = ("client",)
    plain: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    async_prefixes: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    lookalikes: frozenset[str] = frozenset()
    derived: frozenset[str] = frozenset()
    is_known_only: bool = False
    streaming_option: str = ""
    factories: Mapping[str, Factory] = {}
    wrappers_of_clients: frozenset[str] = frozenset()
    stream_model: tuple[str, str] = ("", "")
    options: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    names_model: bool = False
    default_model: str = ""


TEXT: Final = "$text"
"""What stands for the text that a stream delivered in the fields of its events."""


CLASS: Final = "$class"
"""The key of the name of a class in the fields of events."""


END_REASON: Final = "$reason"
"""What stands for the reason why an answer ended in the fields of the event that says it."""


REPORTED: Final = "$reported"
"""What stands for what an event says of a failure in the fields of events; it was not recorded for each failure."""


class StreamSyntax(msgspec.Struct, frozen=True, kw_only=True):
    """The forms in which programs read a stream, and see whether it was complete.

    Attributes:
        finals: The methods of a stream that read all of it and return the answer, the usual one first.
        texts: The attributes of a stream that are iterated for its text alone, such as `text_stream`.
        others: Other methods of a stream that read all of it.
        late: Those of `texts` that come with a delay, so that time decides how much comes before a failure.
        snapshot: The attribute that raises if no answer has begun, and reads nothing; empty if there is none.
        first_event: The type of the event with which an answer begins; empty if its API has no such event.
        end_reasons: The attributes and keys that say why an answer ended, each to the values of a whole answer.
        last_events: The types of the events that end a whole answer.
        last_classes: The ends of the names of their classes.
        failed_events: The types of the events by which a stream says that it failed, and of which nothing is raised.
        failed_classes: The ends of the names of their classes.
        short_events: The types of the events that end an answer which is not whole.
        has_items: Whether the fields of events are read as items too: `part["done"]`.
        text_first: Whether the first event has text if any has, and nothing is known of events if none has. Otherwise,
            an only event is described as the last one.
        events: The type of an event to what programs can read of it, of the first such event, the next and so on; the
            last holds for all further ones, and also for an only one. `TEXT` stands for the text, and `CLASS` is the
            key of the name of a class, where programs compare that. Of other events, only the type is known.
        constants: The members of enums with which programs compare the types of events, with the name of the enum, each
            to its value: `RunEvent.run_error`.
        ends: The type of an event to what programs can read of it where it says why the answer ended. Code is followed
            through streams that end without an exception if its target has these, or events that report a failure.
    """

    finals: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    snapshot: str = ""
    first_event: str = ""
    end_reasons: Mapping[str, frozenset[str]] = {}
    last_events: frozenset[str] = frozenset()
    last_classes: frozenset[str] = frozenset()
    failed_events: frozenset[str] = frozenset()
    failed_classes: frozenset[str] = frozenset()
    short_events: frozenset[str] = frozenset()
    has_items: bool = False
    text_first: bool = False
    events: Mapping[str, tuple[Mapping[str, Any], ...]] = {}
    constants: Mapping[str, str] = {}
    ends: Mapping[str, Mapping[str, Any]] = {}

    @property
    def has_end(self) -> bool:
        """Whether anything tells the end of a whole answer from that of a stream that was cut."""
        return bool(self.end_reasons or self.last_events or not self.failed_events)

    @property
    def whole_reasons(self) -> frozenset[str]:
        """The reasons to end that a whole answer has."""
        return frozenset[str]().union(*self.end_reasons.values())


FIRST_PARTY: Final = "first-party"
"""The name of the client of the provider's own API, whose id is empty."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a package: the class on which programs make calls, for one service that hosts the API.

    Attributes:
        id: Its name in options, in data, and at the beginning of the ids of its surfaces; empty for the client of the
            provider's own API.
        title: The service that it calls, as people name it.
        class_name: The name of its class; that of the async client has `Async` before it.
        extra: The extra of the package with which people install it; empty if it needs none.
        aliases: Other names of its class.
        module: The only module from which programs import it; empty if the package exports it.
    """

    id: str = ""
    title: str
    class_name: str
    extra: str = ""
    aliases: frozenset[str] = frozenset()
    module: str = ""

    @property
    def name(self) -> str:
        """The name that people write: its id, or `first-party`."""
        return self.id or FIRST_PARTY

    def is_named(self, class_name: str) -> bool:
        """Return whether this is the name of its class, or of its async class."""
        return class_name.removeprefix("Async") in {self.class_name, *self.aliases}
