"""Clauses that no exception reaches, since streams of new releases raise none."""

from agno.agent import Agent
from agno.models.anthropic import Claude

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = ">=2.3.20"
NO_PLACE = ("ask_any", "ask_status")


def ask_any():
    """Take any exception for no answer."""
    try:
        return [event.content for event in agent.run(Q, stream=True)]
    except Exception:
        return None


def ask_status():
    """Compare the status of any exception."""
    for _ in range(2):
        try:
            return list(agent.run(Q, stream=True))
        except Exception as error:
            if getattr(error, "status_code", None) not in {429, 500, 502, 529}:
                raise
    return None
