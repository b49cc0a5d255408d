"""Rows about the other clients of a release: whether it has them, and what they do when a stream fails. Pure.

The page of a release and the first page show them below what they say about the first-party client.
"""

from collections.abc import Sequence
from typing import Final

from matrix.model import Frozen, Lane
from matrix.observation import NO_SUCH_CLIENT, Call
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.targets.names import Client

_CHUNK: Final = "error event in a chunk frame"
_FRAME: Final = "throttling exception frame"
"""The two forms in which a stream of frames reports an overloaded server."""


class ClientOutcome(Frozen, frozen=True, kw_only=True):
    """How one scenario ends on a client.

    Attributes:
        form: The form in which the server reports the failure; empty where there is only one.
        call: The call with its verdicts.
        path: The path of its evidence in the site, with the anchor.
    """

    form: str
    call: CallView
    path: str


class ClientRow(Frozen, frozen=True, kw_only=True):
    """One other client of a release.

    Attributes:
        client: The client.
        state: Whether the release has it, in words.
        lane: The lane in which the outcomes were observed; None if there are none.
        overloaded: How an overloaded server inside a stream ends; empty if no call can be made.
        cut: How a stream ends that is cut short; None if no call can be made.
        path: The path of the page with all evidence; empty if there is none.
    """

    client: Client
    state: str
    lane: Lane | None = None
    overloaded: tuple[ClientOutcome, ...] = ()
    cut: ClientOutcome | None = None
    path: str = ""


def client_rows(known: EpochViews, version: str) -> tuple[ClientRow, ...]:
    """Summarise the other clients of a release, in the order of the target; none if no other client was measured."""
    return tuple(_row(views, version) for views in known.others.values())


def _row(known: EpochViews, version: str) -> ClientRow:
    client = known.source.target.client(known.client)
    views = known.measured(version)
    usable = next((view for view in views if not view.unusable and view.has_client), None)
    path = known.evidence_path(version) if known.has_evidence(version) else ""
    if usable is None:
        return ClientRow(client=client, state=_why_not(known, version, views), path=path)
    suite = known.source.target.suite
    played = [id_ for id_ in (suite.headline, suite.throttled) if Call(usable.surface, id_) in usable.calls]
    forms = (_CHUNK, _FRAME) if len(played) > 1 else ("",)
    return ClientRow(
        client=client,
        state=_how(client, usable.lane),
        lane=usable.lane,
        overloaded=tuple(_outcome(known, usable, version, id_, form) for form, id_ in zip(forms, played, strict=False)),
        cut=_outcome(known, usable, version, suite.cut) if Call(usable.surface, suite.cut) in usable.calls else None,
        path=path,
    )


def _outcome(known: EpochViews, view: EpochView, version: str, scenario: str, form: str = "") -> ClientOutcome:
    call = Call(view.surface, scenario)
    return ClientOutcome(form=form, call=view.calls[call], path=f"{known.evidence_path(version)}#{scenario}")


def _how(client: Client, lane: Lane) -> str:
    """Say how a client can be used."""
    extra = f", with the extra {client.extra}" if client.extra else ""
    return f"yes{extra}{'' if lane is Lane.TODAY else ', and only with the dependencies of its day'}"


def _why_not(known: EpochViews, version: str, views: Sequence[EpochView]) -> str:
    """Say why no call of a client can be made."""
    target, client = known.source.target, known.source.target.client(known.client)
    if not views:
        lacks = target.lacks_client(client, known.source.releases[version].parsed)
        return f"no: the release has no extra {client.extra}" if lacks else "not measured"
    if any(view.behaviour for view in views) and not any(view.has_client for view in views):
        return f"no: {NO_SUCH_CLIENT}"
    return f"can’t be used: {views[0].unusable}"
