"""The Acme SDK: the module `acme_llm` in the wheels of the second target. Standard library only."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit


class AcmeBase(Exception):
    """The base of all its exceptions."""


class AcmeError(AcmeBase):
    """The base of its exceptions that users catch."""


class AcmeConnectionError(AcmeError):
    """A connection failed."""


class AcmeTimeout(AcmeConnectionError):
    """The server did not answer in time."""


class AcmeStatusError(AcmeError):
    """The API answered with an error."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(body["error"]["message"])
        self.status_code = status
        self.type = body["error"]["type"]
        self.body = body


class BadInputError(AcmeStatusError):
    """Status 422."""


class BusyError(AcmeStatusError):
    """Status 503."""


def error_of(status: int, body: Any) -> AcmeStatusError:
    """Make the exception of a status."""
    return {422: BadInputError, 503: BusyError}.get(status, AcmeStatusError)(status, body)


def error_in_stream(body: Any) -> "AcmeStatusError | None":
    """Make the exception of an error event; None ends the stream."""
    return error_of(200, body)


class Client:
    """The client."""

    def __init__(self, base_url: str) -> None:
        self._url = urlsplit(base_url)

    def chat(self) -> Iterator[Any]:
        """Request a stream, and yield its events."""
        connection = http.client.HTTPConnection(self._url.netloc, timeout=5)
        try:
            connection.request("POST", f"{self._url.path}/v2/chat", "{}")
            response = connection.getresponse()
            if response.status != 200:
                raise error_of(response.status, json.loads(response.read()))
            for line in response:
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if event["type"] == "error":
                        error = error_in_stream(event)
                        if error is None:
                            return
                        raise error
                    yield event
        finally:
            connection.close()
