"""The one surface of the Acme SDK, for the probe that Python targets share."""

ATTRIBUTES = ("status_code", "type")


class Delivered:
    """The events that a call delivered."""

    def __init__(self):
        self.events = []
        self.began = False
        self.final = None

    def facets(self):
        """Return the delivery as plain data."""
        stops = [event["delta"]["stop_reason"] for event in self.events if event["type"] == "message_delta"]
        return {
            "events": [event["type"] for event in self.events],
            "text": "".join(event.get("delta", {}).get("text", "") for event in self.events),
            "stop_reason": (stops or [None])[0],
        }


def prepare(acme_llm):
    """Import nothing more."""


def make_client(acme_llm, base_url, timeout=None):
    """Make the client."""
    return acme_llm.Client(base_url)


def chat(client, delivered, options):
    """Make the call, and read its stream to the end."""
    delivered.began = True
    for event in client.chat():
        delivered.events.append(event)


SURFACES = {"chat": (make_client, chat)}
