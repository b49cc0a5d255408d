"""Objects that are filled, or set, by their own methods after they were made."""

import dataclasses

import anthropic

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def read():
    """Return the events of an answer."""
    return list(client.messages.create(model="m", max_tokens=9, messages=Q, stream=True))


class Registry:
    """Classes that are added one by one."""

    def __init__(self):
        """Make an empty one."""
        self.kinds = []
        self.codes = set()

    def add(self, kind, *codes):
        """Add a class, and statuses."""
        self.kinds.append(kind)
        self.codes |= set(codes)

    def has(self, error):
        """Return whether an error is of one of the classes."""
        return isinstance(error, tuple(self.kinds))


REGISTRY = Registry()
REGISTRY.add(anthropic.APIStatusError, 200, 429)


class Policy:
    """A policy that is set later."""

    def __init__(self):
        """Make one that retries nothing."""
        self.kinds = ()
        self.attempts = 1

    def allow(self, *kinds):
        """Set the classes, and return the policy."""
        self.kinds = kinds
        self.attempts = 2
        return self


POLICY = Policy().allow(anthropic.APIStatusError)
LATER = Policy()


@dataclasses.dataclass
class Options:
    """Options with defaults."""

    codes: list = dataclasses.field(default_factory=list)
    attempts: int = 2


OPTIONS = Options()
OPTIONS.codes.append(200)
GIVEN = Options([429, 500])
GIVEN.attempts = 3


def ask_object():
    """Ask the object."""
    for _ in range(2):
        try:
            return read()
        except Exception as error:
            if not REGISTRY.has(error):
                raise
    raise RuntimeError


def ask_kinds():
    """Read the classes of the object."""
    for _ in range(2):
        try:
            return read()
        except tuple(REGISTRY.kinds):
            pass
    raise RuntimeError


def ask_codes():
    """Read the statuses of the object."""
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code not in REGISTRY.codes:
                raise
    raise RuntimeError


def ask_chained():
    """Use what a method returned that sets the classes."""
    for _ in range(POLICY.attempts):
        try:
            return read()
        except POLICY.kinds:
            pass
    raise RuntimeError


def ask_set_later():
    """Set the classes first."""
    LATER.allow(anthropic.APIStatusError)
    for _ in range(LATER.attempts):
        try:
            return read()
        except LATER.kinds:
            pass
    raise RuntimeError


def ask_local():
    """Make and fill the object in the function."""
    registry = Registry()
    registry.add(anthropic.RateLimitError)
    registry.add(anthropic.InternalServerError)
    for _ in range(2):
        try:
            return read()
        except tuple(registry.kinds):
            pass
    raise RuntimeError


def ask_local_policy():
    """Make and set the policy in the function."""
    policy = Policy()
    policy.allow(anthropic.APIStatusError)
    for _ in range(policy.attempts):
        try:
            return read()
        except policy.kinds:
            pass
    raise RuntimeError


def ask_options():
    """Read a list of a data class that is filled later."""
    for _ in range(OPTIONS.attempts):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code not in OPTIONS.codes:
                raise
    raise RuntimeError


def ask_given():
    """Read a list that the data class is given, and a number that is set later."""
    for _ in range(GIVEN.attempts):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code not in GIVEN.codes:
                raise
    raise RuntimeError


def ask_discarded():
    """Take a status out of a set."""
    codes = {200, 429, 529}
    codes.discard(429)
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code not in codes:
                raise
    raise RuntimeError


def ask_popped():
    """Take the last class out of a list."""
    kinds = [anthropic.RateLimitError, anthropic.APIStatusError]
    kinds.pop()
    for _ in range(2):
        try:
            return read()
        except tuple(kinds):
            pass
    raise RuntimeError


def ask_deleted():
    """Delete an entry of a table."""
    codes = {200: "stream", 429: "limit"}
    del codes[429]
    for _ in range(2):
        try:
            return read()
        except anthropic.APIStatusError as error:
            if error.status_code not in codes:
                raise
    raise RuntimeError


def ask_list_clause():
    """Catch a list that was filled, which is no tuple."""
    kinds = []
    kinds.append(anthropic.APIStatusError)
    for _ in range(2):
        try:
            return read()
        except kinds:
            pass
    raise RuntimeError
