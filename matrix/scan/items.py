"""Items of values: of plain data, of the headers of a caught error's response, and of classes. Pure."""

from typing import Any

from matrix.scan.endings import MISSING
from matrix.scan.error_parts import NO_RESPONSE, read_from_class, read_header
from matrix.scan.resolver import Resolver, crash
from matrix.scan.text_methods import PatternMatch
from matrix.scan.values import DottedName, ErrorPart, Instance, OwnClass, Unknown, is_of_error, mark


def read_item(self: Resolver, base: Any, key: Any) -> Any:
    """Read an item of a value by its key.

    Raises:
        Thrown: There is no such item, or the value has no items.
    """
    if isinstance(base, ErrorPart) and base.name == "headers" and isinstance(key, str):
        self.record.compares = True
        value = read_header(base, key, MISSING)
        if value is MISSING:
            raise crash("KeyError")
        return value
    if isinstance(base, PatternMatch) and isinstance(key, int | str):
        return mark(base.group(key))
    if isinstance(base, OwnClass) and isinstance(key, str):
        return read_from_class(self, base, key, None)
    if isinstance(base, Unknown) and base.why == NO_RESPONSE:
        self.doubt(base)  # it may have no such item
    if isinstance(base, Unknown) or isinstance(key, Unknown):
        return Unknown(next(each.why for each in (base, key) if isinstance(each, Unknown)), is_of_error(base, key))
    if isinstance(base, Instance) and self.sdk.target.stream.has_items and isinstance(key, str) and key in base.fields:
        return base.fields[key]
    if isinstance(base, Instance) and isinstance(key, int):
        values = [*base.fields.values()] or [*base.arguments]
        return (
            values[key]
            if -len(values) <= key < len(values)
            else Unknown("an item can't be known", is_of_error(*values))
        )
    try:
        return base[find_key(self, base, key)] if isinstance(base, dict) else base[key]
    except KeyError:
        raise crash("KeyError") from None
    except IndexError:
        raise crash("IndexError") from None
    except TypeError:
        if base is None or isinstance(base, int | str | tuple | dict):
            raise crash("TypeError") from None
        return Unknown("an item can't be known", is_of_error(base))


def find_key(self: Resolver, base: dict[Any, Any], key: Any) -> Any:
    """Find the key of a dict that equals a value: the class of a caught error equals a name of it."""
    if isinstance(key, ErrorPart) and key.name == "class":
        own = self.sdk.public(key.view.names[0])
        return next((each for each in base if isinstance(each, DottedName) and self.sdk.public(each.name) == own), key)
    return key
