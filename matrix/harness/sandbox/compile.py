"""Compiles the sources of distributions without running them, and writes the bytecode to standard output.

Executed by a cell's interpreter as `python -I -S -B compile.py KEPT SITE_PACKAGES NAME==VERSION...`. For each
source without a file in the folder KEPT it prints a line with the SHA-256 of the source and a length, then as many
bytes. It writes no file: only the harness writes the folder that cells share, and no process that has read a release.
"""

import hashlib
import marshal
import os
import re
import sys


def sources(site_packages: str, wanted: "set[str]") -> "list[str]":
    """List the modules of the distributions `wanted`, from their RECORD files."""
    modules = []
    for entry in sorted(os.listdir(site_packages)):
        name, dash, version = entry[: -len(".dist-info")].partition("-")
        pin = re.sub(r"[-_.]+", "-", name).lower() + "==" + version
        if not (dash and entry.endswith(".dist-info") and pin in wanted):
            continue
        with open(os.path.join(site_packages, entry, "RECORD"), encoding="utf-8") as record:
            names = [line.rsplit(",", 2)[0].strip('"') for line in record]
        modules += [os.path.join(site_packages, name) for name in names if name.endswith(".py")]
    return modules


def main() -> None:
    """Compile the sources that have no bytecode yet; skip those that fail, since their import reports the error."""
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
