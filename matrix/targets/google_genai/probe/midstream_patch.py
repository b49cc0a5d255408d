"""The control: makes the SDK map an error inside a stream to its documented status, by its name alone.

The harness copies it into the `google.genai` package of one cell, whose errors in a stream must then be right by the
documented yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted. The
SDK itself believes the code in the error; this control does not need it.
"""

DOCUMENTED_STATUS = {}


def _documented_status(status_code, response_json):
    error = response_json.get("error") if isinstance(response_json, dict) else None
    name = error.get("status") if isinstance(error, dict) else None
    return DOCUMENTED_STATUS.get(name, status_code) if isinstance(name, str) else status_code


def patch(genai):
    """Patch the errors of an imported SDK.

    A release without these functions raises an exception: an SDK in which nothing was patched is no control.
    """
    from google.genai import errors

    def raise_error(cls, status_code, response_json, response):
        raised(cls, _documented_status(status_code, response_json), response_json, response)

    async def raise_error_async(cls, status_code, response_json, response):
        await raised_async(cls, _documented_status(status_code, response_json), response_json, response)

    raised = errors.APIError.raise_error.__func__
    raised_async = errors.APIError.raise_error_async.__func__
    errors.APIError.raise_error = classmethod(raise_error)
    errors.APIError.raise_error_async = classmethod(raise_error_async)
