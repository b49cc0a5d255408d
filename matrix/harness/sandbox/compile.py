"""Compiles the sources of distributions, runs none of them, and writes what they compile to on standard output.

Executed by a cell's interpreter as `python -I -S -B compile.py KEPT SITE_PACKAGES NAME==VERSION...`. Out, for each
source that the folder KEPT holds nothing for: the SHA-256 of the source and a length on a line, and as many bytes. It
writes no file: what is shared between cells is written by whoever asked, and by no process that has seen a release.
"""

import hashlib
import marshal
import os
import re
import sys


def sources(site_packages: str, wanted: "set[str]") -> "list[str]":
    """The modules that belong to the distributions `wanted`, as their records tell."""
    found = []
    for entry in sorted(os.listdir(site_packages)):
        name, dash, version = entry[: -len(".dist-info")].partition("-")
        pin = re.sub(r"[-_.]+", "-", name).lower() + "==" + version
        if not (dash and entry.endswith(".dist-info") and pin in wanted):
            continue
        with open(os.path.join(site_packages, entry, "RECORD"), encoding="utf-8") as record:
            names = [line.rsplit(",", 2)[0].strip('"') for line in record]
        found += [os.path.join(site_packages, name) for name in names if name.endswith(".py")]
    return found


def main() -> None:
    """Compile what is not kept yet; what can't be compiled is for the import to say."""
    kept, site_packages, *wanted = sys.argv[1:]
    for path in sources(site_packages, set(wanted)):
        try:
            with open(path, "rb") as file:
                source = file.read()
            digest = hashlib.sha256(source).hexdigest()
            if os.path.exists(os.path.join(kept, digest)):
                continue
            data = marshal.dumps(compile(source, path, "exec", dont_inherit=True))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        sys.stdout.buffer.write(b"%s %d\n%s" % (digest.encode(), len(data), data))


main()
