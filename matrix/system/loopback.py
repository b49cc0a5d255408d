"""Decide whether the `Host` of a request names this machine. Pure.

A page on the Internet can make a browser send requests to a server on loopback under the page's own name (DNS
rebinding), and then read the answers. Its requests have that name as `Host`, so such a `Host` is refused.
"""

import ipaddress
import re
from collections.abc import Collection

_HOST = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::\d*)?")


def is_allowed(host: str, names: Collection[str] = ()) -> bool:
    """Return whether a `Host` is a loopback address, `localhost`, a name below it, or one of some further names."""
    parts = _HOST.fullmatch(host.strip())
    if parts is None:
        return False
    name = (parts["address"] if parts["address"] is not None else parts["name"]).lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost") or name in {each.lower() for each in names}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
