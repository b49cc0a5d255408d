"""What a call delivers to its caller: events, text, a finish reason and a final answer."""


class Delivered:
    """The events and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every event, in order.
        began: Whether the call returned a stream of events.
        text: All text, joined.
        stop_reason: The last finish reason of a chunk, or the status of the response that ended the stream.
        final: The final answer of the helper after its stream has ended; None for other calls.
    """

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None
        self.final = None

    def event(self, event):
        """Add an event: its text, and its finish reason if it has one."""
        self.events.append(event)
        kind = _get(event, "type")
        if kind in ("response.output_text.delta", "content.delta"):
            self._text(_get(event, "delta"))
        elif kind in ("response.completed", "response.incomplete"):
            self.stop_reason = _get(_get(event, "response"), "status")
        elif kind == "chunk":  # the helper gives the text of each chunk in an event of its own
            self.stop_reason = _get(_choice(_get(event, "chunk")), "finish_reason") or self.stop_reason
        elif kind is None:
            choice = _choice(event)
            self._text(_get(_get(choice, "delta"), "content"))
            self._text(_get(choice, "text"))
            self.stop_reason = _get(choice, "finish_reason") or self.stop_reason

    def _text(self, piece):
        self.text += piece if isinstance(piece, str) else ""

    def finish(self, text, stop_reason):
        """Record the final answer of the helper."""
        self.final = {"text": text, "stop_reason": stop_reason}

    def no_final(self, error):
        """Record the exception that the helper raised instead of returning a final answer."""
        self.final = {"raised": type(error).__name__}

    def facets(self):
        """Return the delivery as plain data."""
        return {
            "events": [_kind(event) for event in self.events],
            "text": self.text,
            "stop_reason": self.stop_reason if isinstance(self.stop_reason, str) else None,
        }


def _kind(event):
    """Return the type of an event; of a chunk, which has none, the kind of object that it says it is."""
    kind = _get(event, "type") or _get(event, "object")
    return kind if isinstance(kind, str) else type(event).__name__


def _choice(chunk):
    """Return the first choice of a chunk; None if it has none."""
    choices = _get(chunk, "choices")
    return choices[0] if isinstance(choices, list) and choices else None


def _get(value, name):
    """Return an attribute, or the value of a key of a dictionary; None if there is none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
