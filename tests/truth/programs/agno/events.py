"""Events that report an error, by their type and by their class."""

from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude
from agno.run.agent import RunContentEvent, RunErrorEvent, RunEvent

agent = Agent(model=Claude(id="claude-3-haiku-20240307"))
Q = "Hi"
RELEASES = ">=2.0.5"
NO_PLACE = ("ask_other_member",)


class Failed(Exception):
    """A run failed."""


def ask_member():
    """Raise for the member of an enum."""
    text = ""
    for event in agent.run(Q, stream=True):
        if event.event == RunEvent.run_error:
            raise Failed(event.content)
        if event.event == RunEvent.run_content:
            text += event.content
    return text


def ask_value():
    """Retry for the value of a member."""
    for _ in range(2):
        failed = False
        for event in agent.run(Q, stream=True):
            if event.event == RunEvent.run_error.value:
                failed = True
        if not failed:
            return "done"
    return None


def ask_class():
    """Raise for the class of an event, and translate exceptions."""
    parts = []
    try:
        for event in agent.run(Q, stream=True):
            if isinstance(event, RunErrorEvent):
                raise Failed("reported")
            if isinstance(event, RunContentEvent):
                parts.append(event.content)
    except ModelProviderError as error:
        raise Failed("raised") from error
    return "".join(parts)


def ask_matched():
    """Look at events by a pattern."""
    for event in agent.run(Q, stream=True):
        match event:
            case RunErrorEvent():
                return list(agent.run(Q, stream=True))
            case RunContentEvent(content=text):
                print(text)
    return "done"


def ask_other_member():
    """Look at text alone, and so at no error."""
    text = ""
    for event in agent.run(Q, stream=True):
        if event.event == RunEvent.run_content:
            text += event.content
    return text


def ask_clause_alone():
    """Retry exceptions alone, of which new releases raise none."""
    for _ in range(2):
        try:
            for event in agent.run(Q, stream=True):
                if event.event == RunEvent.run_content:
                    print(event.content)
            return "done"
        except ModelProviderError:
            continue
    return None


def ask_both():
    """Let an event and an exception take one way."""
    for _ in range(2):
        try:
            for event in agent.run(Q, stream=True):
                if event.event == "RunError":
                    raise Failed(event.content)
            return "done"
        except (Failed, ModelProviderError):
            continue
    raise Failed("no answer")


def ask_after():
    """Look at the last event after the loop."""
    last = None
    for event in agent.run(Q, stream=True):
        last = event
    if last is not None and last.event == "RunError":
        raise Failed("the last event reports an error")
    return last


def ask_all():
    """Look at a list of all events."""
    events = list(agent.run(Q, stream=True))
    if any(event.event == "RunError" for event in events):
        raise Failed("one of the events reports an error")
    return events


def ask_content():
    """Retry by what an event says of the failure."""
    for event in agent.run(Q, stream=True):
        if event.event == "RunError" and "overloaded" in event.content.lower():
            return list(agent.run(Q, stream=True))
    return "done"
