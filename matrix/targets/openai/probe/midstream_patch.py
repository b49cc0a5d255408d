"""The control: makes the SDK map an error inside a stream to its documented status.

The harness copies it into the `openai` package of one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import json

DOCUMENTED_STATUS = {}


def _find_error(data):
    """Return the object that reports an error in the data of an event; None if there is none."""
    if not isinstance(data, dict):
        return None
    if data.get("type") == "response.failed":
        data = data.get("response") or {}
    error = data if data.get("type") == "error" and "error" not in data else data.get("error")
    return error if isinstance(error, dict) else None


def _documented_status(error):
    for name in (error.get("code"), error.get("type")):
        if isinstance(name, str) and name in DOCUMENTED_STATUS:
            return DOCUMENTED_STATUS[name]
    return None


def _check(stream, event):
    """Raise the exception of a plain HTTP error if an event reports an error with a documented status."""
    try:
        data = json.loads(event.data)
    except ValueError:
        return
    error = _find_error(data)
    status = None if error is None else _documented_status(error)
    if status is None:
        return
    response = stream.response
    answered = type(response)(status, headers=response.headers, request=response.request)
    message = f"Error code: {status} - {error}"
    raise stream._client._make_status_error(message, body={"error": error}, response=answered)


def patch(openai):
    """Patch the streams of an imported SDK.

    A module without these streams raises a `KeyError`: an SDK in which nothing was patched is no control.
    """
    stream, async_stream = openai["Stream"], openai["AsyncStream"]
    read, aread = stream._iter_events, async_stream._iter_events

    def read_checked(self):
        for event in read(self):
            _check(self, event)
            yield event

    async def aread_checked(self):
        async for event in aread(self):
            _check(self, event)
            yield event

    stream._iter_events = read_checked
    async_stream._iter_events = aread_checked
