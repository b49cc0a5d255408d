"""Shares compiled modules between cells. I/O: reads and writes a folder.

Every cell is a new environment, and compiling the SDK and its dependencies takes half of a cell's time. Nearly all of
these sources are in other cells too, byte for byte, so their bytecode is kept in one folder, under the hash of the
source. The hash can't be stale, unlike the time and the size of a file: the files of many wheels have one time.
Nothing else changes: an import finds the same file in the same environment, and runs the code of its source.
"""

import _imp
import hashlib
import importlib.machinery as machinery
import marshal
import os
import sys
import tempfile
import types


class _Loader(machinery.SourceFileLoader):
    """A loader that takes bytecode from a folder, and adds what the folder lacks."""

    folder = ""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        source = self.get_data(path)
        cached = os.path.join(self.folder, hashlib.sha256(source).hexdigest())
        try:
            with open(cached, "rb") as file:
                code = marshal.loads(file.read())
            if not isinstance(code, types.CodeType):
                raise TypeError(cached)
        except (OSError, ValueError, EOFError, TypeError):
            code = self.source_to_code(source, path)
            _keep(cached, marshal.dumps(code))
        else:
            _imp._fix_co_filename(code, path)  # importlib does the same to bytecode that it reads
        return code


def _keep(path, data):
    """Write a file so that a reader sees all of it or nothing; if that fails, write nothing."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        pass


def keep(folder):
    """Import the modules of this environment with the bytecode in `folder`, which has a folder for each Python.

    If the folder can't be made, every module is compiled. The release is not to blame.
    """
    own = os.path.join(folder, f"{sys.implementation.cache_tag}.{sys.version_info.micro}")
    try:
        os.makedirs(own, exist_ok=True)
    except OSError:
        return
    loader = type("Loader", (_Loader,), {"folder": own})
    finder = machinery.FileFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES), (loader, machinery.SOURCE_SUFFIXES)
    )

    def hook(path):
        if "site-packages" not in path:
            raise ImportError(path)
        return finder(path)

    sys.path_hooks.insert(0, hook)
    for path in [path for path in sys.path_importer_cache if "site-packages" in path]:
        del sys.path_importer_cache[path]
