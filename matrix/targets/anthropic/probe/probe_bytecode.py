"""Compiled modules, kept between cells by the content of their source.

Every cell is a fresh environment, and compiling the SDK and what it needs is half of what a cell costs. Nearly all of
those sources are in other cells too, byte for byte, so what they compile to is kept in one folder under the hash of the
source. That can't go stale, as bytecode that is told by time and size can: files of wheels often bear one time all.
Nothing else differs: an import finds the same file in the same environment and runs what its source says.
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
    folder = ""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        source = self.get_data(path)
        kept = os.path.join(self.folder, hashlib.sha256(source).hexdigest())
        try:
            with open(kept, "rb") as file:
                code = marshal.loads(file.read())
            if not isinstance(code, types.CodeType):
                raise TypeError(kept)
        except (OSError, ValueError, EOFError, TypeError):
            code = self.source_to_code(source, path)
            _keep(kept, marshal.dumps(code))
        else:
            _imp._fix_co_filename(code, path)  # as importlib does with bytecode that it reads
        return code


def _keep(path, data):
    """Write a file so that whoever reads it sees all of it or none; a full disk is no reason to fail."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        pass


def keep(folder):
    """From now on, import what is in this environment by way of `folder`, one for each kind of interpreter.

    A folder that can't be made is no fault of the release: then everything is compiled, as it would be without.
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
