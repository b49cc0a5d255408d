"""Compares values with the patterns of `match`. Pure."""

import ast
from typing import TYPE_CHECKING, Any, Final

from matrix.scan.error_parts import read_attribute
from matrix.scan.resolver import Thrown
from matrix.scan.values import CaughtError, DottedName, Instance, NoTuple, Unknown, is_unknown

if TYPE_CHECKING:
    from matrix.scan.block import Block


def fits(block: "Block", pattern: ast.pattern, value: Any) -> bool | None:
    """Return whether a value fits a pattern, and bind the names in it; None if that can't be known."""
    match pattern:
        case ast.MatchAs(pattern=inner, name=name):
            if name:
                block.env[name] = value
            return True if inner is None else fits(block, inner, value)
        case ast.MatchOr(patterns=patterns):
            answers = [fits(block, each, value) for each in patterns]
            return True if True in answers else None if None in answers else False
        case ast.MatchValue(value=node):
            return _equals(block, value, node)
        case ast.MatchSingleton(value=constant):
            return value is constant if not is_unknown(value) else None
        case ast.MatchClass():
            return _fits_class(block, pattern, value)
        case ast.MatchMapping():
            return _fits_mapping(block, pattern, value)
        case ast.MatchSequence(patterns=patterns):
            if not isinstance(value, tuple):
                return None if isinstance(value, Unknown | Instance) else False
            star = next((index for index, each in enumerate(patterns) if isinstance(each, ast.MatchStar)), None)
            if star is not None:
                return _fits_starred(block, patterns, star, value)
            if len(value) != len(patterns):
                return False
            return _all([fits(block, each, part) for each, part in zip(patterns, value, strict=True)])
    return None


def _fits_starred(block: "Block", patterns: list[ast.pattern], star: int, value: tuple[Any, ...]) -> bool | None:
    """Return whether items fit patterns of which one takes as many as are left."""
    after = len(patterns) - star - 1
    if len(value) < star + after:
        return False
    end = len(value) - after
    rest = patterns[star]
    if isinstance(rest, ast.MatchStar) and rest.name:
        block.env[rest.name] = NoTuple(value[star:end])
    fixed = zip([*patterns[:star], *patterns[star + 1 :]], [*value[:star], *value[end:]], strict=True)
    return _all([fits(block, each, part) for each, part in fixed])


def _equals(block: "Block", value: Any, node: ast.expr) -> bool | None:
    compared = ast.Compare(ast.Name("#subject", ast.Load()), [ast.Eq()], [node])
    answer = block.resolver.evaluate(compared, block.scope, {**block.env, "#subject": value})
    return block.resolver.truth_of(answer)


_KINDS: Final = {
    **{each.__name__: each for each in (str, bytes, int, float, bool, dict)},
    **dict.fromkeys(("list", "tuple"), tuple),
    "object": object,
}
"""The classes of plain data by name; the scan takes lists for tuples."""


def _fits_class(block: "Block", pattern: ast.MatchClass, value: Any) -> bool | None:
    resolver = block.resolver
    class_ = resolver.evaluate(pattern.cls, block.scope, block.env)
    answer: Any
    if isinstance(value, CaughtError | Instance | Unknown):
        answer = resolver.is_instance(value, class_)
    elif isinstance(class_, DottedName) and class_.name.startswith("builtins."):
        kinds = _KINDS.get(class_.name.removeprefix("builtins."))
        answer = None if kinds is None else isinstance(value, kinds)
        if answer and pattern.patterns:
            return fits(block, pattern.patterns[0], value)
    else:
        answer = False
    if answer is False:
        return False
    parts: list[bool | None] = [True if answer is True else None]
    parts += [None for _ in pattern.patterns]  # no class of the SDK has __match_args__
    for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        try:
            part = read_attribute(resolver, value, name)
        except Thrown:
            return False
        parts.append(fits(block, inner, part))
    return _all(parts)


def _fits_mapping(block: "Block", pattern: ast.MatchMapping, value: Any) -> bool | None:
    if not isinstance(value, dict):
        return None if isinstance(value, Unknown) else False
    parts: list[bool | None] = []
    names = [block.resolver.evaluate(key, block.scope, block.env) for key in pattern.keys]
    for name, inner in zip(names, pattern.patterns, strict=True):
        if name not in value:
            return False
        parts.append(fits(block, inner, value[name]))
    if pattern.rest:
        block.env[pattern.rest] = {key: each for key, each in value.items() if key not in names}
    return _all(parts)


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True
