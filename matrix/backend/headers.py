"""Read the headers of requests and responses that h11 has parsed. Pure."""

from collections.abc import Iterator

import h11


def header_values(head: h11.Request | h11.Response, name: bytes) -> Iterator[str]:
    """Yield each value of a header; h11 writes names in lower case."""
    return (value.decode("latin-1") for key, value in head.headers if key == name)


def header(head: h11.Request | h11.Response, name: bytes) -> str:
    """Return the first value of a header; empty if there is none."""
    return next(header_values(head, name), "")


def content_length(head: h11.Request | h11.Response) -> int | None:
    """Return the Content-Length, which h11 has validated; None if there is none, as in a chunked message."""
    return next(map(int, header_values(head, b"content-length")), None)
