"""The control: makes the SDK map an error inside a stream to its documented status.

The harness copies it into the `anthropic` package of one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

DOCUMENTED_STATUS = {}


def _documented_status(body):
    error = body.get("error") if isinstance(body, dict) else None
    return DOCUMENTED_STATUS.get(error.get("type")) if isinstance(error, dict) else None


def _patch(kind):
    original = kind._make_status_error

    def make_status_error(self, message, *, body, response):
        status = _documented_status(body) if response.status_code == 200 else None
        if status is not None:
            response = type(response)(status, headers=response.headers, request=response.request)
        return original(self, message, body=body, response=response)

    kind._make_status_error = make_status_error


def patch(anthropic):
    """Patch every client of an imported SDK.

    A module without the first-party clients raises a `KeyError`: an SDK in which nothing was patched is no control.
    """
    kinds = [anthropic["Anthropic"], anthropic["AsyncAnthropic"]]
    kinds += [value for value in anthropic.values() if isinstance(value, type) and hasattr(value, "_make_status_error")]
    for kind in dict.fromkeys(kinds):
        _patch(kind)
