"""Keep compiled templates where Python keeps compiled modules. I/O.

To compile all of them takes a twentieth of the time of a build.
"""

import contextlib
import hashlib
import pickle
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket

from matrix.site import compact, compiled

_COMPILERS: Final = (compact.__file__, compiled.__file__)
"""The modules that decide, with Jinja and Python, what a template is compiled to."""


class TemplateCache(jinja2.FileSystemBytecodeCache):
    """A cache of compiled templates, renewed with their compiler too, and written where Python may write its own."""

    def __init__(self, templates: Path) -> None:
        super().__init__(str(Path(cache_from_source(str(templates / "any.py"))).parent), "%s.template")
        self._compilers = b"".join(Path(each).read_bytes() for each in _COMPILERS) + jinja2.__version__.encode()

    def get_source_checksum(self, source: str) -> str:
        """Return a digest of a template and of its compiler."""
        return hashlib.sha256(self._compilers + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read a compiled template; one that can't be read, or is damaged, is compiled again."""
        with contextlib.suppress(OSError, EOFError, ValueError, pickle.UnpicklingError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template, unless Python writes none here, or can't."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                Path(self.directory).mkdir(parents=True, exist_ok=True)
                super().dump_bytecode(bucket)
