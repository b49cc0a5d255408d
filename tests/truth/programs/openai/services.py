"""Services around the SDK, as projects have them: gateways, error maps, and helpers that are methods."""

import dataclasses
import functools
import logging
import time

import openai

Q = [{"role": "user", "content": "Hi"}]
log = logging.getLogger(__name__)
PLACES = {
    "ask_gateway": "Gateway.complete",
    "ask_late_module": "Late.complete",
    "ask_handled": "Handling.complete",
    "ask_error_list": "Mapping.by_list",
    "ask_error_table": "Mapping.by_table",
    "ask_first_match": "Mapping.by_next",
    "ask_breaker": "Breaker.call",
    "ask_provider": "First.complete",
    "ask_configured": "Configured.complete",
    "ask_private": "Private._request",
    "ask_attribute_classes": "Attributes.complete",
    "ask_retry_method": "Retries._with_retry",
}
NO_PLACE = ("describe", "Late.describe")


class ProviderError(Exception):
    """The provider failed."""

    def __init__(self, message, *, status=None, retryable=False):
        super().__init__(message)
        self.status = status
        self.retryable = retryable


class Unavailable(ProviderError):
    """Another attempt may help."""


class Rejected(ProviderError):
    """No other attempt helps."""


def describe(error):
    """Return what to tell a person."""
    if isinstance(error, openai.AuthenticationError):
        return "The key is wrong."
    if isinstance(error, openai.RateLimitError):
        return "Too many requests."
    if isinstance(error, openai.APIStatusError):
        return f"The API answered {error.status_code}."
    return f"{type(error).__name__}"


class Gateway:
    """Translates each kind of error."""

    def __init__(self, client=None):
        self._client = client or openai.OpenAI(timeout=30.0)

    def complete(self, prompt):
        """Return text."""
        try:
            with self._client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": prompt}], stream=True
            ) as stream:
                message = list(stream)
        except openai.AuthenticationError as error:
            raise Rejected("key", status=401) from error
        except openai.RateLimitError as error:
            wait = error.response.headers.get("retry-after", "?") if error.response else "?"
            raise Unavailable(f"limited, retry after {wait}", status=429, retryable=True) from error
        except openai.APIStatusError as error:
            if error.status_code == 503 or error.status_code >= 500:
                raise Unavailable(describe(error), status=error.status_code) from None
            log.error("%s", describe(error))
            raise Rejected(f"{error.status_code}: {error.message}") from error
        except (openai.APITimeoutError, openai.APIConnectionError) as error:
            raise Unavailable(type(error).__name__) from error
        return "".join(chunk.choices[0].delta.content or "" for chunk in message)


def ask_gateway():
    """Ask by a gateway."""
    return Gateway().complete("Hi")


class Late:
    """Imports the SDK when it is made, and keeps the module."""

    def __init__(self):
        import openai as sdk

        self._sdk = sdk
        self.client = sdk.OpenAI()

    def describe(self, error):
        """Return what to tell a person."""
        if isinstance(error, self._sdk.RateLimitError):
            return "busy"
        return "failed"

    def complete(self):
        """Return events, or what to tell a person."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except self._sdk.APIError as error:
            return self.describe(error)


def ask_late_module():
    """Ask by an object that keeps the module."""
    return Late().complete()


class Handling:
    """Leaves errors to a method."""

    def __init__(self):
        self.client = openai.OpenAI()

    def _handle(self, error):
        """Return an answer for some errors, and raise others."""
        if isinstance(error, openai.BadRequestError):
            return {"error": "bad request"}
        if isinstance(error, openai.APIStatusError) and error.status_code in (429, 503):
            raise Unavailable("busy", retryable=True) from error
        raise error

    def complete(self):
        """Return events, or what the method returns."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            return self._handle(error)


def ask_handled():
    """Ask by an object whose method handles errors."""
    return Handling().complete()


class Mapping:
    """Maps classes to its own."""

    PAIRS = [
        (openai.RateLimitError, Unavailable),
        (openai.InternalServerError, Unavailable),
        (openai.APIConnectionError, Unavailable),
        (openai.BadRequestError, Rejected),
    ]
    TABLE = {openai.RateLimitError: Unavailable, openai.BadRequestError: Rejected}

    def __init__(self):
        self.client = openai.OpenAI()

    def by_list(self):
        """Raise the first match of a list, or the error."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            for theirs, ours in self.PAIRS:
                if isinstance(error, theirs):
                    raise ours(str(error)) from error
            raise

    def by_table(self):
        """Raise what a table has for the very class."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            raise self.TABLE.get(type(error), ProviderError)(str(error)) from error

    def by_next(self):
        """Raise the first class that fits."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except openai.APIError as error:
            own = next((ours for theirs, ours in self.PAIRS if isinstance(error, theirs)), None)
            if own is None:
                return None
            raise own(str(error)) from error


def ask_error_list():
    """Ask by an object with a list of classes."""
    return Mapping().by_list()


def ask_error_table():
    """Ask by an object with a table of classes."""
    return Mapping().by_table()


def ask_first_match():
    """Ask by an object that takes the first match."""
    return Mapping().by_next()


class Breaker:
    """Opens after some failures."""

    limit = 2

    def __init__(self):
        self.failures = 0
        self.client = openai.OpenAI()

    def call(self):
        """Ask until it is open."""
        while self.failures < self.limit:
            try:
                events = list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
            except (openai.InternalServerError, openai.APIConnectionError):
                self.failures += 1
                continue
            self.failures = 0
            return events
        raise Unavailable("open")


def ask_breaker():
    """Ask by a breaker."""
    return Breaker().call()


class First:
    """A provider that translates."""

    def __init__(self):
        self.client = openai.OpenAI()

    def complete(self):
        """Return events, or raise an error of the project."""
        try:
            return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
        except (openai.RateLimitError, openai.InternalServerError) as error:
            raise Unavailable(str(error)) from error


def ask_provider():
    """Ask a provider."""
    return First().complete()


@dataclasses.dataclass
class RetryConfig:
    """How to retry."""

    max_attempts: int = 3
    base_delay: float = 0.5
    statuses: tuple = (429, 500, 502, 503, 503)
    jitter: bool = True


class Configured:
    """Retries as its configuration says."""

    def __init__(self, config=None):
        self.config = config or RetryConfig()
        self.client = openai.OpenAI(max_retries=0)

    def complete(self):
        """Return events, or raise the last error."""
        last_error = None
        for attempt in range(self.config.max_attempts):
            try:
                return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
            except openai.APIConnectionError as error:
                last_error = error
            except openai.APIStatusError as error:
                if error.status_code not in self.config.statuses:
                    raise
                last_error = error
            time.sleep(self.config.base_delay * 2**attempt)
        assert last_error is not None
        raise last_error


def ask_configured():
    """Ask by an object with a configuration."""
    return Configured().complete()


class Private:
    """Has a private method that calls, and a public one that reads."""

    def __init__(self):
        self._client = openai.OpenAI()

    def _request(self, **options):
        try:
            return self._client.chat.completions.create(model="m", messages=Q, **options)
        except openai.RateLimitError as error:
            raise Unavailable("limited") from error

    def stream(self):
        """Yield the text of a stream."""
        for event in self._request(stream=True):
            if event.choices[0].delta.content:
                yield event.choices[0].delta.content


def ask_private():
    """Read a stream that a private method opens."""
    return list(Private().stream())


class Attributes:
    """Keeps the classes to retry in an attribute."""

    def __init__(self, attempts=2):
        self.attempts = attempts
        self.retryable = (openai.RateLimitError, openai.InternalServerError)
        self.client = openai.OpenAI()

    def complete(self):
        """Return events, or raise the error of the last attempt."""
        attempt = 0
        while True:
            try:
                return list(self.client.chat.completions.create(model="m", messages=Q, stream=True))
            except self.retryable:
                attempt += 1
                if attempt >= self.attempts:
                    raise


def ask_attribute_classes():
    """Ask by an object that keeps classes."""
    return Attributes().complete()


class Retries:
    """Runs functions with retries."""

    def __init__(self):
        self.client = openai.OpenAI()

    def _with_retry(self, function, *args, **kwargs):
        delay = 0.1
        for attempt in range(3):
            try:
                return function(*args, **kwargs)
            except openai.RateLimitError:
                if attempt == 2:
                    raise
                time.sleep(delay)
                delay *= 2
            except openai.APIStatusError as error:
                if error.status_code == 503 and attempt < 2:
                    time.sleep(delay)
                else:
                    raise
        raise RuntimeError("not reached")

    def _read(self, prompt, *, limit=9):
        with self.client.chat.completions.create(model="m", max_tokens=limit, messages=prompt, stream=True) as stream:
            return list(stream)

    def complete(self):
        """Return text."""
        return self._with_retry(functools.partial(self._read, Q), limit=9)


def ask_retry_method():
    """Ask by a method that runs a function with retries."""
    return Retries().complete()
