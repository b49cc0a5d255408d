"""The control: makes LiteLLM report an error of the API with its documented status, inside a stream or not.

The harness copies it into the `litellm` package of one cell, whose errors must then be right by the documented
yardstick. If they are not, the harness would not recognise a right answer, and the run is not trusted.
"""

import functools

DOCUMENTED_STATUS = {}

_CLASSES = {400: "BadRequestError", 429: "RateLimitError"}


def _rewrite(litellm, error):
    """Return the exception that a plain HTTP response of the documented status raises; the same if there is none."""
    text = str(error)
    status = next((status for name, status in DOCUMENTED_STATUS.items() if name in text), None)
    if status is None:
        return error
    kind = litellm[_CLASSES.get(status, "InternalServerError")]
    made = kind(message=text, llm_provider="anthropic", model="midstream")
    made.status_code = status
    return made


class _Stream:
    def __init__(self, litellm, stream):
        self._litellm, self._stream = litellm, stream

    def __iter__(self):
        try:
            yield from self._stream
        except Exception as error:
            raise _rewrite(self._litellm, error) from error

    async def __aiter__(self):
        try:
            async for chunk in self._stream:
                yield chunk
        except Exception as error:
            raise _rewrite(self._litellm, error) from error


def _keep_type(parser):
    """Make the parser of a chunk keep the type of an error in its message."""

    def parse(self, chunk):
        if isinstance(chunk, dict) and chunk.get("type") == "error":
            chunk = dict(chunk, error=dict(chunk["error"], message=str(chunk["error"])))
        return parser(self, chunk)

    return parse


def patch(litellm):
    """Patch the calls of an imported LiteLLM.

    A release without these names raises an exception: one in which nothing was patched is no control.
    """
    from litellm.llms.anthropic.chat.handler import ModelResponseIterator

    ModelResponseIterator.chunk_parser = _keep_type(ModelResponseIterator.chunk_parser)
    completion, acompletion = litellm["completion"], litellm["acompletion"]

    @functools.wraps(completion)
    def patched(*args, **kwargs):
        try:
            stream = completion(*args, **kwargs)
        except Exception as error:
            raise _rewrite(litellm, error) from error
        return _Stream(litellm, stream)

    @functools.wraps(acompletion)
    async def apatched(*args, **kwargs):
        try:
            stream = await acompletion(*args, **kwargs)
        except Exception as error:
            raise _rewrite(litellm, error) from error
        return _Stream(litellm, stream)

    litellm["completion"], litellm["acompletion"] = patched, apatched
