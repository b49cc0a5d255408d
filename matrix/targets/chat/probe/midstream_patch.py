"""The control: makes the SDK map an error inside a stream to its documented status.

The harness copies it into the package of the SDK in one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import json

DOCUMENTED_STATUS = {}


def _find_status(error):
    """Return the status of an error: the one that it names itself, or the documented one of its code or type."""
    if isinstance(error.get("status_code"), int):
        return error["status_code"]
    for name in (error.get("code"), error.get("type")):
        if isinstance(name, str) and name in DOCUMENTED_STATUS:
            return DOCUMENTED_STATUS[name]
    return None


def _check(stream, event):
    """Raise the exception of a plain HTTP error if an event reports an error with a status."""
    try:
        data = json.loads(event.data)
    except ValueError:
        return
    error = data.get("error") if isinstance(data, dict) else None
    status = _find_status(error) if isinstance(error, dict) else None
    if status is None:
        return
    response = stream.response
    answered = type(response)(status, headers=response.headers, request=response.request)
    message = f"Error code: {status} - {data}"
    raise stream._client._make_status_error(message, body=data, response=answered)


def patch(sdk):
    """Patch the streams of an imported SDK.

    A module without these streams raises a `KeyError`: an SDK in which nothing was patched is no control.
    """
    stream, async_stream = sdk["Stream"], sdk["AsyncStream"]
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
