"""What ends an exception without a clause: `finally`, stacks of context managers, and those that decorate."""

import contextlib

import anthropic

client = anthropic.Anthropic()
aclient = anthropic.AsyncAnthropic()
Q = [{"role": "user", "content": "Hi"}]
PLACES = {
    "ask_by_own_manager": "Translating.__exit__",
    "ask_stack_of_own": "Translating.__exit__",
    "ask_stack_of_two": ("Ignoring.__exit__", "Translating.__exit__"),
    "ask_async_stack": "ATranslating.__aexit__",
    "ask_by_own_async_manager": "ATranslating.__aexit__",
    "ask_decorated": "Decorating.__exit__",
    "ask_decorated_by_function": "mild",
    "ask_left_in_manager": "leaving",
    "ask_stack_pushed_by_name": ("Ignoring.__exit__", "ask_stack_pushed_by_name"),
}
NO_PLACE = ("on_exit",)


class Unavailable(Exception):
    """The server can't answer."""


def read():
    """Return the events of one answer."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_returned():
    """Return from `finally`, which ends every exception."""
    events = []
    try:
        for event in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True):
            events.append(event.type)
    finally:
        return events


def ask_left_loop():
    """Leave a loop in `finally`."""
    events = None
    while True:
        try:
            events = read()
        finally:
            break
    return events


def ask_repeated():
    """Go on with a loop in `finally`, which calls again after every error."""
    for _ in range(2):
        events = None
        try:
            events = read()
        finally:
            if events is None:
                continue
        return events
    return None


def ask_only_closed():
    """Do something in `finally` that ends no exception."""
    try:
        return read()
    except anthropic.RateLimitError:
        return None
    finally:
        for _ in range(2):
            if client:
                break


def ask_clause_and_final():
    """Raise an error in a clause, which `finally` ends."""
    try:
        return read()
    except anthropic.RateLimitError as error:
        raise Unavailable from error
    finally:
        return []


class Translating:
    """Raises an error of the project for one of the SDK."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, anthropic.APIStatusError):
            raise Unavailable(str(error)) from error


class Ignoring:
    """Ends some errors."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        return isinstance(error, (anthropic.RateLimitError, anthropic.APIConnectionError))


class ATranslating:
    """Raises an error of the project for one of the SDK, asynchronously."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        if kind is not None and issubclass(kind, anthropic.APIError):
            raise Unavailable(str(error)) from error


def ask_by_own_manager():
    """Read inside a context manager of the file."""
    with Translating():
        return read()


async def ask_by_own_async_manager():
    """Read inside an asynchronous context manager of the file."""
    async with ATranslating(), aclient.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
        return await stream.get_final_text()


def ask_stack():
    """Give a stack a context manager that ends some errors."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(anthropic.RateLimitError))
        return read()


def ask_stack_in_clause():
    """Have a stack inside a clause that would take the same errors."""
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.suppress(anthropic.RateLimitError))
            return read()
    except anthropic.APIStatusError:
        return "failed"


def ask_stack_of_own():
    """Give a stack a context manager of the file."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(Translating())
        return read()


def ask_stack_of_two():
    """Give a stack two context managers, of which the last is asked first."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(Translating())
        stack.enter_context(Ignoring())
        return read()


async def ask_async_stack():
    """Give an asynchronous stack a context manager and a stream."""
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(ATranslating())
        stream = await stack.enter_async_context(aclient.messages.stream(model="m", max_tokens=9, messages=Q))
        return await stream.get_final_text()


def on_exit(kind, error, traceback):
    """Say that an error with a status is dealt with."""
    return isinstance(error, anthropic.APIStatusError)


def ask_stack_pushed():
    """Give a stack a function that ends errors, inside a clause."""
    try:
        with contextlib.ExitStack() as stack:
            stack.push(on_exit)
            return read()
    except anthropic.RateLimitError:
        return "limit"
    except anthropic.APIConnectionError:
        return "lost"


def ask_stack_pushed_by_name():
    """Give a stack an object with `__exit__`, inside a clause."""
    try:
        with contextlib.ExitStack() as stack:
            stack.push(Ignoring())
            return read()
    except anthropic.APIError:
        return "failed"


class Decorating(contextlib.ContextDecorator):
    """Raises an error of the project for some of the SDK, around a function."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if isinstance(error, (anthropic.RateLimitError, anthropic.InternalServerError)):
            raise Unavailable from error


@Decorating()
def ask_decorated():
    """Be decorated with a context manager."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


@Decorating()
def decorated():
    """Be decorated, and called by another function."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


def ask_around_decorated():
    """Catch what a decorated function raises."""
    try:
        return decorated()
    except Unavailable:
        return None
    except anthropic.APIStatusError:
        return []


@contextlib.contextmanager
def mild():
    """End an error of the SDK."""
    try:
        yield
    except anthropic.InternalServerError:
        pass


@mild()
def ask_decorated_by_function():
    """Be decorated with a context manager that is a function."""
    return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]


@contextlib.contextmanager
def leaving():
    """Leave by `finally`, which ends every exception."""
    try:
        yield
    finally:
        return


def ask_left_in_manager():
    """Read inside a context manager that leaves by `finally`."""
    with leaving():
        return [e.type for e in client.messages.create(model="m", max_tokens=9, messages=Q, stream=True)]
