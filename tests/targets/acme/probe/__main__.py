"""The probe of the second target: the smallest program that speaks the protocol of `matrix.harness.player`."""

import json
import os
import platform
import sys

HANDLERS = ("class-busy",)


def say(line):
    """Write one line at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def exception(error, module):
    """Describe an exception."""
    kind = type(error)
    names = [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__ if base is not object]
    attributes = {name: getattr(error, name) for name in ("status_code", "type") if hasattr(error, name)}
    facets = {
        "name": names[0],
        "bases": names[1:],
        "exported": getattr(module, kind.__name__, None) is kind,
        "attributes": attributes,
        "text": str(error),
    }
    return dict(facets, body=error.body) if hasattr(error, "body") else facets


def decision(module, events, error):
    """Run the handler on what a call gave."""
    import importlib.util

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "handlers", "class-busy.py")
    spec = importlib.util.spec_from_file_location("handler", path)
    handler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handler)

    def create():
        yield from events
        if error is not None:
            raise error

    try:
        answer = handler.ask(create)
    except Exception as raised:
        return "fail" if raised is error else "crashed: " + type(raised).__name__
    return "retry" if answer == "retry" else "accept" if error is None else "fail"


def play(module, base_url):
    """Make one call."""
    events, error = [], None
    try:
        for event in module.Client(base_url).chat():
            events.append(event)
    except Exception as raised:
        error = raised
    text = "".join(event.get("delta", {}).get("text", "") for event in events)
    stops = [event["delta"]["stop_reason"] for event in events if event["type"] == "message_delta"]
    observation = {
        "outcome": "completed" if error is None else "raised",
        "delivered": {"events": [event["type"] for event in events], "text": text, "stop_reason": (stops or [None])[0]},
        "handlers": {"class-busy": decision(module, events, error)},
    }
    return observation if error is None else dict(observation, exception=exception(error, module))


def main():
    """Play the plan on standard input."""
    from importlib.metadata import distributions

    plan = json.loads(sys.stdin.readline())
    say(
        {
            "hello": {
                "implementation": platform.python_implementation(),
                "python": platform.python_version(),
                "platform": sys.platform,
                "machine": platform.machine(),
                "distributions": {item.metadata["Name"]: item.version for item in distributions()},
            }
        }
    )
    import acme_llm

    say({"imported": True})
    for call in plan["calls"]:
        say({"call": call["call"], "seen": play(acme_llm, call["base_url"])})
    say({"bye": True})


main()
