"""The control: makes Instructor report an error of the API with its documented status, inside a stream or not.

The harness copies it into the `instructor` package of one cell, whose errors must then be right by the documented
yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import functools

DOCUMENTED_STATUS = {}


def _find(error):
    """Return the documented status of the exception of the SDK behind an exception; None if there is none."""
    while error is not None:
        body = getattr(error, "body", None)
        named = body.get("error") if isinstance(body, dict) else None
        if isinstance(named, dict) and named.get("type") in DOCUMENTED_STATUS:
            return DOCUMENTED_STATUS[named["type"]]
        error = error.__cause__ or error.__context__
    return None


def _patch(kind, wrapped, name):
    """Make a method raise one class for every error, with a status if the API sent one."""

    def rewrite(error):
        status = _find(error)
        if status is None:
            return error
        made = wrapped(str(error), last_completion=None, n_attempts=1, total_usage=0, messages=[])
        made.status_code = status
        return made

    class Stream:
        def __init__(self, stream):
            self._stream = stream

        def __iter__(self):
            try:
                yield from self._stream
            except Exception as error:
                raise rewrite(error) from error

        async def __aiter__(self):
            try:
                async for answer in self._stream:
                    yield answer
            except Exception as error:
                raise rewrite(error) from error

    original = getattr(kind, name)

    @functools.wraps(original)
    def patched(self, *args, **kwargs):
        try:
            return Stream(original(self, *args, **kwargs))
        except Exception as error:
            raise rewrite(error) from error

    setattr(kind, name, patched)


def patch(instructor):
    """Patch the calls of an imported Instructor.

    A release without these names raises an exception: one in which nothing was patched is no control.
    """
    from instructor import AsyncInstructor, Instructor  # a lazy release has them in no dictionary
    from instructor.core import InstructorRetryException

    for kind in (Instructor, AsyncInstructor):
        _patch(kind, InstructorRetryException, "create_partial")
    _patch(Instructor, InstructorRetryException, "create")
