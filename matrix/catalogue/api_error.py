"""The form in which every catalogue but that of the Anthropic API lists the errors of its API. Pure.

Every command reads the statuses of all targets, so this module imports nothing that makes scenarios.
"""

import msgspec


class ApiError(msgspec.Struct, frozen=True):
    """An error of an API that has a documented HTTP status.

    Attributes:
        status: The documented HTTP status.
        type: The type in its object; empty if the objects of the API have none.
        message: The message that the backend sends, which begins as the page of errors has it.
        code: The code in its object; None if it has none.
        retry: Whether the same request may succeed later.
    """

    status: int
    type: str
    message: str
    code: str | None = None
    retry: bool = False

    @property
    def name(self) -> str:
        """Its name: its code if it has one, and its type otherwise."""
        return self.code or self.type
