"""A base class that asks again, for models in other files; it never imports the SDK."""

from abc import ABC, abstractmethod


class Patient(ABC):
    """Asks twice."""

    def ask_twice(self):
        """Ask again if the model may answer then."""
        for _ in range(2):
            try:
                return self.ask()
            except Exception as error:
                if not self.may_retry(error):
                    raise
        return None

    def may_retry(self, error):
        """Return whether the model may answer if it is asked again."""
        raise NotImplementedError

    @abstractmethod
    def ask(self):
        """Ask once."""


class Forgiving:
    """Asks twice, if the model is only busy."""

    def ask_busy(self):
        """Ask again if the model is busy."""
        for _ in range(2):
            try:
                return self._ask()
            except ConnectionRefusedError:
                continue
        return None
