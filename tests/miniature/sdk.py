"""The SDK in miniature: the module `anthropic._sdk` of every miniature wheel. Standard library only.

It calls the API as the real one does, `messages.create(stream=True)` and `messages.stream()`, sync and async, and gives
up on a silent server after `timeout`. Where a miniature differs from this behaviour (200 for an error inside a stream,
as in the real releases), its own `__init__` replaces a method of `Client`.
"""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


class Response:
    """The argument of `_make_status_error`, like a response of httpx."""

    def __init__(self, status_code: int, *, headers: dict[str, str], request: object) -> None:
        self.status_code = status_code
        self.headers = headers
        self.request = request


class APIError(Exception):
    """The base of all its exceptions."""

    def __init__(self, message: str, body: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.body = body


class APIConnectionError(APIError):
    """A connection failed, or ended early."""


class APITimeoutError(APIConnectionError):
    """The server did not answer in time."""


class APIStatusError(APIError):
    """The API answered with an error."""

    def __init__(self, message: str, *, response: Response, body: Any) -> None:
        super().__init__(message, body)
        self.response = response
        self.status_code = response.status_code
        self.request_id = response.headers.get("request-id")
        self.type = body["error"]["type"]


class BadRequestError(APIStatusError):
    """Status 400."""


class RateLimitError(APIStatusError):
    """Status 429."""


class InternalServerError(APIStatusError):
    """Status 500 and more."""


class OverloadedError(InternalServerError):
    """Status 529."""


_CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    429: RateLimitError,
    500: InternalServerError,
    504: InternalServerError,
    529: OverloadedError,
}


class Client:
    """The common part of both clients, which a miniature changes."""

    def __init__(
        self, *, api_key: str, base_url: str, max_retries: int, timeout: float, http_client: object = None
    ) -> None:
        self.http_client = http_client
        self.timeout = timeout
        self.base_url = base_url
        self.url = urlsplit(base_url)
        self.target = self.url.path + "/v1/messages"
        self.scenario = self.url.path.rpartition("/")[2]

    def before_call(self) -> None:
        """Run before a request."""

    async def before_async_call(self) -> None:
        """Run before a request of the asynchronous client."""
        self.before_call()

    def helper(self, events: Any) -> Any:
        """Return the context of `messages.stream()`."""
        return events

    def error_in_stream(self, body: Any, response: Response) -> Exception | None:
        """Make the exception of an error event; None ends the stream."""
        return self._make_status_error("An error in the stream", body=body, response=response)

    def _make_status_error(self, message: str, *, body: Any, response: Response) -> APIStatusError:
        return _CLASSES.get(response.status_code, APIStatusError)(message, response=response, body=body)

    def parser(self, response: Response) -> Any:
        """Make the parser of a response."""
        return _Events(self, response)

    def pieces(self, answer: Any) -> Any:
        """Return the pieces of the body of a response of `http.client`."""
        return answer

    def error_of_response(self, body: bytes, response: Response) -> APIStatusError:
        """Make the exception of a plain HTTP error."""
        return self._make_status_error(f"HTTP {response.status_code}", body=json.loads(body), response=response)


class _Events:
    """A parser of server-sent events in one response."""

    def __init__(self, client: Client, response: Response) -> None:
        self._client = client
        self._response = response
        self._data = b""
        self._line = b""
        self.over = False
        self.swallowed = False

    def feed(self, piece: bytes) -> Iterator[SimpleNamespace]:
        """Return the events that a piece of a response completes."""
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            if not self.swallowed:
                yield from self._feed(line)

    def _feed(self, line: bytes) -> Iterator[SimpleNamespace]:
        if line.startswith(b"data: "):
            self._data = line[6:]
        elif not line.strip() and self._data:
            event = json.loads(self._data)
            if event["type"] == "error":
                error = self._client.error_in_stream(event, self._response)
                if error is not None:
                    raise error
                self.over = self.swallowed = True
            else:
                self.over = self.over or event["type"] == "message_stop"
                yield json.loads(self._data, object_hook=lambda fields: SimpleNamespace(**fields))
            self._data = b""

    def end(self) -> None:
        """Check the end of the response."""
        if not self.over:
            raise APIConnectionError("The stream ended before its end.")


class _Helper:
    """The helper's message once its stream has ended."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._text = ""
        self._stop_reason: str | None = None

    def _note(self, event: SimpleNamespace) -> str:
        text: str = getattr(getattr(event, "delta", None), "text", "")
        self._text += text
        self._stop_reason = getattr(getattr(event, "delta", None), "stop_reason", self._stop_reason)
        return text

    def _message(self) -> SimpleNamespace:
        if not self._text:
            raise AssertionError("There is no message.")
        return SimpleNamespace(content=[SimpleNamespace(text=self._text)], stop_reason=self._stop_reason)


class MessageStream(_Helper):
    """The helper, for a miniature that has one."""

    def __iter__(self) -> Iterator[SimpleNamespace]:
        for event in self._events:
            self._note(event)
            yield event

    @property
    def text_stream(self) -> Iterator[str]:
        """Yield the text alone."""
        return filter(None, map(self._note, self._events))

    def get_final_message(self) -> SimpleNamespace:
        """Return the message, as far as it was received."""
        return self._message()


class AsyncMessageStream(_Helper):
    """The helper of the asynchronous client."""

    async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        async for event in self._events:
            self._note(event)
            yield event

    @property
    async def text_stream(self) -> AsyncIterator[str]:
        """Yield the text alone."""
        async for event in self._events:
            if text := self._note(event):
                yield text

    async def get_final_message(self) -> SimpleNamespace:
        """Return the message, as far as it was received."""
        return self._message()


class Messages:
    """`client.messages`; a miniature may lack one of the methods."""

    def __init__(self, client: "Anthropic") -> None:
        self._client = client

    def create(self, **_arguments: object) -> Iterator[SimpleNamespace]:
        """Return the events of one response."""
        return self._client.events()

    @contextmanager
    def stream(self, **_arguments: object) -> Iterator[Any]:
        """Return the events as a context."""
        yield self._client.helper(self._client.events())


class Anthropic(Client):
    """The client, on `http.client`."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.messages = Messages(self)

    def events(self) -> Iterator[SimpleNamespace]:
        """Send a request, and read its events."""
        self.before_call()
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=self.timeout)
        try:
            connection.request("POST", self.target)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            response = Response(answer.status, headers=headers, request=None)
            if answer.status != 200:
                raise self.error_of_response(answer.read(), response)
            events = self.parser(response)
            for piece in self.pieces(answer):
                yield from events.feed(piece)
                if events.swallowed:
                    break
            events.end()
        except TimeoutError as error:
            raise APITimeoutError("Request timed out.") from error
        except (OSError, http.client.HTTPException) as error:
            raise APIConnectionError("Connection error.") from error
        finally:
            connection.close()


class AsyncMessages:
    """`messages` of the asynchronous client."""

    def __init__(self, client: "AsyncAnthropic") -> None:
        self._client = client

    async def create(self, **_arguments: object) -> AsyncIterator[SimpleNamespace]:
        """Return the events of one response."""
        return self._client.events()

    @asynccontextmanager
    async def stream(self, **_arguments: object) -> AsyncIterator[Any]:
        """Return the events as a context."""
        yield self._client.helper(self._client.events())


class AsyncAnthropic(Client):
    """The asynchronous client, on asyncio streams."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.messages = AsyncMessages(self)

    async def events(self) -> AsyncIterator[SimpleNamespace]:
        """Send a request, and read its events."""
        await self.before_async_call()
        reader, writer = await asyncio.open_connection(self.url.hostname, self.url.port)
        try:
            writer.write(
                f"POST {self.target} HTTP/1.1\r\nHost: {self.url.netloc}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            head = (await self._soon(reader.readuntil(b"\r\n\r\n"))).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            response = Response(int(head[0].split()[1]), headers=headers, request=None)
            if response.status_code != 200:
                raise self.error_of_response(await reader.readexactly(int(headers["content-length"])), response)
            events, body = self.parser(response), _Body(reader, headers)
            while piece := await self._soon(body.piece()):
                for event in events.feed(piece):
                    yield event
                if events.swallowed:
                    break
            events.end()
        except TimeoutError as error:
            raise APITimeoutError("Request timed out.") from error
        except (OSError, EOFError) as error:
            raise APIConnectionError("Connection error.") from error
        finally:
            writer.close()

    async def _soon(self, awaitable: Awaitable[T]) -> T:
        async with asyncio.timeout(self.timeout):
            return await awaitable


class _Body:
    """The body of a response, in pieces."""

    def __init__(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> None:
        self._reader = reader
        self._left = int(headers["content-length"]) if "content-length" in headers else None

    async def piece(self) -> bytes:
        """Return the next piece; empty at the end."""
        if self._left is None:
            size = int(await self._reader.readline() or b"0", 16)
            return (await self._reader.readexactly(size + 2))[:size] if size else b""
        if not self._left:
            return b""
        data = await self._reader.read(self._left)
        if not data:
            raise EOFError
        self._left -= len(data)
        return data
