"""What a call delivers to its caller: events, text, a stop reason and a final message."""


class Delivered:
    """The events and the text that a call delivered to its caller before it ended.

    Attributes:
        events: Every event, in order.
        began: Whether the call returned a stream of events.
        text: All text, joined.
        stop_reason: The last stop reason.
        final: The final message of the helper after its stream has ended; None for other calls.
    """

    def __init__(self):
        self.events = []
        self.began = False
        self.text = ""
        self.stop_reason = None
        self.final = None

    def event(self, event):
        """Add an event: its text, and its stop reason if it has one."""
        self.events.append(event)
        kind = _get(event, "type")
        if isinstance(_get(event, "completion"), str):
            self._completion(event)
        elif kind == "content_block_delta":
            text = _get(_get(event, "delta"), "text")
            self.text += text if isinstance(text, str) else ""
        elif kind == "message_delta":
            self.stop_reason = _get(_get(event, "delta"), "stop_reason")

    def _completion(self, event):
        piece = _get(event, "completion")
        # Before 0.3 each event has the text so far.
        self.text = piece if isinstance(event, dict) else self.text + piece
        self.stop_reason = _get(event, "stop_reason")

    def message(self, message):
        """Set the text and the stop reason to those of a whole message."""
        self.text, self.stop_reason = _message(message)

    def finish(self, message):
        """Record the final message of the helper."""
        text, stop_reason = _message(message)
        self.final = {"text": text, "stop_reason": stop_reason}

    def no_final(self, error):
        """Record the exception that the helper raised instead of returning a final message."""
        self.final = {"raised": type(error).__name__}

    def facets(self):
        """Return the delivery as plain data."""
        kinds = []
        for event in self.events:
            kind = _get(event, "type")
            kinds.append(kind if isinstance(kind, str) else type(event).__name__)
        return {"events": kinds, "text": self.text, "stop_reason": self.stop_reason}


def _message(message):
    """Return the text and the stop reason of a whole message."""
    texts = [getattr(block, "text", None) for block in message.content]
    return "".join(text for text in texts if isinstance(text, str)), message.stop_reason


def _get(value, name):
    """Return an attribute, or the value of a key of a dictionary; None if there is none."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
