"""Say how a call ends in a sentence about a release, and by which classes its exception is caught. Pure."""

from matrix.catalogue.steps import RaisesStatus, Scenario
from matrix.observation import Observation, Outcome, Raised
from matrix.site.marks import Mark
from matrix.targets.target import Target
from matrix.verdicts.wording import describe_observation, find_error_name


def catching_names(raised: Raised) -> list[str]:
    """Return the names under which an exception is caught: of a package, whichever module of it has the class."""
    names = (raised.name, *raised.bases)
    return list(dict.fromkeys(shorten_class(name) for name in names))


def shorten_class(name: str) -> str:
    """Return the package and the last name of a class; one of Python's library keeps its whole name."""
    root, _, rest = name.partition(".")
    return name if root in {"builtins", "json"} else f"{root}.{rest.rpartition('.')[2]}"


def say_end(target: Target, scenario: Scenario, observation: Observation, mark: Mark) -> str:
    """Say how a call ends, to follow the version of a release."""
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED if raised is not None:
            return _say_raised(target, scenario, raised)
        case Outcome.COMPLETED if observation.reporting:
            return f"raises nothing; an event `{observation.reporting}` reports the failure"
        case Outcome.COMPLETED if mark is Mark.SILENT:
            return "raises nothing, so the failure looks like success"
        case Outcome.COMPLETED:
            return "completes, and raises nothing"
        case Outcome.TIMED_OUT:
            return f"does not end within {target.suite.call_limit:g} seconds, and raises nothing"
    return f"has no result: {describe_observation(observation)}"


def _say_raised(target: Target, scenario: Scenario, raised: Raised) -> str:
    status = target.spell("status_code")
    name, value = find_error_name(raised)
    parts = [f"`{status}` {raised.status_text}"] if raised.status_text else []
    parts += [f"`{name}` `{value}`"] if name and str(value) != raised.status_text else []
    lacks = "" if parts or not isinstance(scenario.ideal, RaisesStatus) else f" without a `{status}`"
    escaped = ", which no code of yours can catch" if raised.escaped else ""
    return f"raises `{raised.short_name}`{' with ' if parts else ''}{' and '.join(parts)}{lacks}{escaped}"
