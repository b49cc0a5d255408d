"""Collections that the program fills after it has made them."""

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]

STATUSES = set()
STATUSES.add(529)
STATUSES.update({429, 500})

WAITS = {}
for status in (429, 529):
    WAITS[status] = 0

TRANSIENT = [anthropic.RateLimitError]
TRANSIENT.append(anthropic.InternalServerError)

RULES = []


def rule(function):
    """Add a rule."""
    RULES.append(function)
    return function


@rule
def is_busy(error):
    """Decide by the status."""
    return getattr(error, "status_code", None) in (429, 529)


class Gateway:
    """Holds the statuses that are tried again."""

    def __init__(self, statuses):
        self.retried = []
        for each in statuses:
            self.retried.append(each)

    def ask(self):
        """Retry what the object holds."""
        for _ in range(2):
            try:
                return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
            except anthropic.APIStatusError as error:
                if error.status_code not in self.retried:
                    raise
        raise RuntimeError("no answer")


PLACES = {"ask_gateway": "Gateway.ask"}


def ask_statuses():
    """Retry the statuses of a set that grew."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if error.status_code not in STATUSES:
                raise
    raise RuntimeError("no answer")


def ask_waits():
    """Retry what has a time to wait."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except anthropic.APIStatusError as error:
            if WAITS.get(error.status_code) is None:
                raise
    raise RuntimeError("no answer")


def ask_classes():
    """Catch the classes of a list that grew."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except tuple(TRANSIENT):
            continue
    raise RuntimeError("no answer")


def ask_rules():
    """Retry what one of the registered rules says."""
    for _ in range(2):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))
        except Exception as error:
            if not any(each(error) for each in RULES):
                raise
    raise RuntimeError("no answer")


def ask_gateway():
    """Ask by an object that is filled."""
    return Gateway([429, 529]).ask()
