"""The control: makes the SDK map the error at the end of a stream to its documented status.

The harness copies it into the `cohere` package of one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import json

DOCUMENTED_STATUS = {}

NAMES = {"ERROR": "internal_server_error", "TIMEOUT": "gateway_timeout"}
"""Finish reason to the name of the error that it means."""


def _check(sse, response):
    """Raise the exception of a plain HTTP error if an event says that an error ended the message."""
    try:
        delta = json.loads(sse.data)["delta"]
        name = NAMES[delta["finish_reason"]]
    except (ValueError, KeyError, TypeError):
        return
    from cohere import errors

    classes = {500: errors.InternalServerError, 504: errors.GatewayTimeoutError}
    raise classes[DOCUMENTED_STATUS[name]](body={"message": delta.get("error")}, headers=dict(response.headers))


def patch(cohere):
    """Patch the reader of streams of an imported SDK.

    A release without it raises an exception: an SDK in which nothing was patched is no control.
    """
    from cohere.core.http_sse import EventSource

    read, aread = EventSource.iter_sse, EventSource.aiter_sse

    def read_checked(self):
        for sse in read(self):
            _check(sse, self.response)
            yield sse

    async def aread_checked(self):
        async for sse in aread(self):
            _check(sse, self.response)
            yield sse

    EventSource.iter_sse, EventSource.aiter_sse = read_checked, aread_checked
