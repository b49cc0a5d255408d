"""Runs loops on values: over known items, over attempts, and over a user's own items. Pure."""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.attempts import makes_attempts
from matrix.scan.deliveries import list_delivered, matters
from matrix.scan.ends import End, EndKind, join
from matrix.scan.resolver import ATTEMPTS, EMPTY, Env
from matrix.scan.values import DottedName, EndedStream, Instance, Unknown, is_of_error

if TYPE_CHECKING:
    from matrix.scan.block import Block

MOST_TURNS: Final = 12
"""How many turns of a loop are followed."""

MOST_ITEMS: Final = 5
"""How many items of a loop are followed, the last one among them."""


def run_for(block: "Block", loop: ast.For | ast.AsyncFor) -> list[End]:
    """Run `for`, and return all ends that it may have."""
    error = block.resolver.failing.get(loop.iter)
    is_ended = isinstance(error, EndedStream)
    if is_ended or (error is not None and matters(block.resolver.calls.references.find_index(loop).module, loop)):
        delivered = list_delivered(block.resolver.sdk, error, loop.iter)
        if delivered or is_ended:
            return _run_until_failure(block, loop, delivered, error)
    items = block.resolver.run_lazy(block.evaluate(loop.iter), block.env)
    if isinstance(items, dict | str | frozenset):
        items = tuple(items)
    if isinstance(items, tuple):
        chosen = items if len(items) <= MOST_ITEMS else (*items[: MOST_ITEMS - 1], items[-1])
        return _turn(block, loop, list(chosen), is_open=False)
    if isinstance(items, Instance) and items.of == DottedName("itertools.count"):
        start = items.arguments[0] if items.arguments and isinstance(items.arguments[0], int) else 0
        return _turn(block, loop, list(range(start, start + MOST_TURNS)), is_open=False, is_endless=True)
    item = Unknown(getattr(items, "why", "an item of a loop can't be known"), is_of_error(items))
    if makes_attempts(loop):
        return _turn(block, loop, [item] * 3, is_open=True)
    ends = _turn(block, loop, [item], is_open=True)
    return [
        End(EndKind.NEXT, end.env) if end.kind is EndKind.FALLS and end.attempts and _falls_in(loop) else end
        for end in ends
    ]


def _run_until_failure(block: "Block", loop: ast.For | ast.AsyncFor, items: list[Any], error: Any) -> list[End]:
    """Run a loop over what a stream delivers before it fails, or ends; what is not known may come or not."""
    ends: list[End] = []
    left: list[Env] = []
    done: list[Env] = []
    block.resolver.count_attempt(block.env)
    for item in items:
        block.assign(loop.target, item)
        before = dict(block.env)
        turn = _run_turn(block, loop.body, ends, left)
        if isinstance(item, Unknown):
            if ends or left:
                block.resolver.doubt(item)
            turn = before if turn is None else join([before, turn], item)
        if turn is None:
            break
        block.env = turn
    else:
        if isinstance(error, EndedStream):
            nothing = {} if items or error.view.delivered[1] else {EMPTY: True}
            done.append(block.env | nothing)
        else:
            ends.append(End(EndKind.RAISE, dict(block.env), error))
    return _end_loop(block, loop.orelse, ends, left, done)


def _turn(
    block: "Block", loop: ast.For | ast.AsyncFor, items: list[Any], *, is_open: bool, is_endless: bool = False
) -> list[End]:
    """Run a loop over some items; an open loop may end before any of them, and an endless one never ends by itself."""
    ends: list[End] = []
    left: list[Env] = []
    done: list[Env] = [dict(block.env)] if is_open else []
    for number, item in enumerate(items):
        block.assign(loop.target, item)
        turn = _run_turn(block, loop.body, ends, left)
        if turn is None:
            break
        block.env = turn
        if is_open or (number == len(items) - 1 and not is_endless):
            done.append(dict(turn))
    else:
        if not items:
            done.append(dict(block.env))
    return _end_loop(block, loop.orelse, ends, left, done)


def _run_turn(block: "Block", body: Sequence[ast.stmt], ends: list[End], left: list[Env]) -> Env | None:
    """Run one turn of a loop; return the values for the next, or None if there is none."""
    on: list[Env] = []
    block.resolver.repeats |= bool(block.env.get(ATTEMPTS))
    for end in block.run(body):
        if end.kind in (EndKind.FALLS, EndKind.CONTINUE):
            on.append(end.env)
        elif end.kind is EndKind.BREAK:
            left.append(end.env)
        else:
            ends.append(end)
    return join(on) if on else None


def _end_loop(
    block: "Block", orelse: Sequence[ast.stmt], ends: list[End], left: list[Env], done: list[Env]
) -> list[End]:
    after = list(left)
    if done:
        block.env = join(done)
        for end in block.run(orelse):
            if end.kind is EndKind.FALLS:
                after.append(end.env)
            else:
                ends.append(end)
    if not after:
        return ends
    block.env = join(after)
    return [*ends, block.fall()]


def run_while(block: "Block", loop: ast.While) -> list[End]:
    """Run `while`, and return all ends that it may have."""
    ends: list[End] = []
    left: list[Env] = []
    done: list[Env] = []
    open_turns = 0
    for _ in range(MOST_TURNS):
        test = block.evaluate(loop.test)
        truth = block.resolver.truth_of(test)
        if truth is False:
            done.append(dict(block.env))
            break
        if truth is None:
            block.resolver.doubt(test)
            done.append(dict(block.env))
            open_turns += 1
            if open_turns > 3:
                break
        turn = _run_turn(block, loop.body, ends, left)
        if turn is None:
            break
        block.env = turn
    return _end_loop(block, loop.orelse, ends, left, done)


def _falls_in(loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether a loop over the user's own items has a `try` inside, so that its next turn makes another call."""
    return any(isinstance(each, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) for each in ast.walk(loop))
