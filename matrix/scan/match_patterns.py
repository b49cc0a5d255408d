"""Compares values with the patterns of `match`. Pure."""

import ast
from typing import TYPE_CHECKING, Any

from matrix.scan.error_parts import read_attribute
from matrix.scan.resolver import Thrown
from matrix.scan.values import CaughtError, DottedName, Instance, Unknown, is_unknown

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
        case ast.MatchMapping(keys=keys, patterns=patterns):
            return _fits_mapping(block, keys, patterns, value)
        case ast.MatchSequence(patterns=patterns):
            if isinstance(value, tuple) and not any(isinstance(each, ast.MatchStar) for each in patterns):
                if len(value) != len(patterns):
                    return False
                return _all([fits(block, each, part) for each, part in zip(patterns, value, strict=True)])
            return None if isinstance(value, Unknown | tuple | Instance) else False
    return None


def _equals(block: "Block", value: Any, node: ast.expr) -> bool | None:
    compared = ast.Compare(ast.Name("#subject", ast.Load()), [ast.Eq()], [node])
    answer = block.resolver.evaluate(compared, block.scope, {**block.env, "#subject": value})
    return block.resolver.truth_of(answer)


def _fits_class(block: "Block", pattern: ast.MatchClass, value: Any) -> bool | None:
    resolver = block.resolver
    class_ = resolver.evaluate(pattern.cls, block.scope, block.env)
    answer: Any
    if isinstance(value, CaughtError | Instance | Unknown):
        answer = resolver.is_instance(value, class_)
    elif isinstance(class_, DottedName) and class_.name.startswith("builtins."):
        answer = type(value).__name__ == class_.name.removeprefix("builtins.").replace("list", "tuple")
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


def _fits_mapping(block: "Block", keys: list[ast.expr], patterns: list[ast.pattern], value: Any) -> bool | None:
    if not isinstance(value, dict):
        return None if isinstance(value, Unknown) else False
    parts: list[bool | None] = []
    for key, inner in zip(keys, patterns, strict=True):
        name = block.resolver.evaluate(key, block.scope, block.env)
        if name not in value:
            return False
        parts.append(fits(block, inner, value[name]))
    return _all(parts)


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True
