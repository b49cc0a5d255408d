"""The control: makes the SDK map an error inside a stream to its documented status.

The harness copies it into the package `mistralai.client` of one cell, whose errors in a stream must then be right by
the documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import json

DOCUMENTED_STATUS = {}


def _documented_status(raw):
    """Return the status of the error that an event reports, and the error; None and None if it reports none."""
    data = json.loads(raw).get("data")
    error = data.get("error") if isinstance(data, dict) else None
    name = error.get("type") if isinstance(error, dict) else None
    return (DOCUMENTED_STATUS.get(name), error) if isinstance(name, str) else (None, None)


def _check(response, decoder):
    """Return a decoder of events that raises the exception of a plain HTTP error for an error in a stream."""

    def decode(raw):
        from mistralai.client.errors import SDKError

        status, error = _documented_status(raw)
        if status is None:
            return decoder(raw)
        answered = type(response)(status, headers=response.headers, request=response.request)
        raise SDKError("API error occurred", answered, json.dumps(error))

    return decode


def _patch_stream(kind):
    original = kind.__init__

    def create(self, response, decoder, *args, **kwargs):
        original(self, response, _check(response, decoder), *args, **kwargs)

    kind.__init__ = create


def patch(client):
    """Patch the streams of an imported SDK.

    A release without these streams raises an exception: an SDK in which nothing was patched is no control.
    """
    from mistralai.client.utils import eventstreaming

    for kind in (eventstreaming.EventStream, eventstreaming.EventStreamAsync):
        _patch_stream(kind)
