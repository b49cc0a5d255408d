"""The control: makes Agno raise an error of the API with its documented status, inside a stream or not.

The harness copies it into the `agno` package of one cell, whose errors must then be right by the documented yardstick.
If they are not, the harness would not recognise a right answer, and the run is not trusted. The SDK below is patched to
give an error in a stream its documented status, and Agno to raise an exception instead of reporting it by an event.
"""

import sys

DOCUMENTED_STATUS = {}


def _patch_sdk(kind):
    original = kind._make_status_error

    def make_status_error(self, message, *, body, response):
        error = body.get("error") if isinstance(body, dict) else None
        status = DOCUMENTED_STATUS.get(error.get("type")) if isinstance(error, dict) else None
        if status is not None and response.status_code == 200:
            response = type(response)(status, headers=response.headers, request=response.request)
        return original(self, message, body=body, response=response)

    kind._make_status_error = make_status_error


def _raise(*args, **kwargs):
    raise sys.exc_info()[1]


def patch(agno):
    """Patch an imported Agno and the SDK below it.

    A release without these names raises an exception: one in which nothing was patched is no control.
    """
    import anthropic
    from agno.agent import _run

    _run.create_run_error_event  # noqa: B018 -- it raises if there is none
    _run.create_run_error_event = _raise
    for kind in (anthropic.Anthropic, anthropic.AsyncAnthropic):
        _patch_sdk(kind)
