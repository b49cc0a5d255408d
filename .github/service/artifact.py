"""Proves that an artifact reached another job unchanged.

`artifact.py digest PATH` prints `digest=…`; `artifact.py check PATH DIGEST` fails unless the file or folder has that
digest. I/O, read only.

Jobs of a run share their artifacts, and a job can replace those of another; it can't change another job's outputs. So
the job that makes an artifact hands its digest over as an output.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path


class UntrustedArtifactError(Exception):
    """An artifact that differs from what was handed over, or that has an entry other than a file or a folder."""


def main(arguments: list[str]) -> int:
    """Print or check a digest, and return the exit code."""
    try:
        match arguments:
            case ["digest", path]:
                print(f"digest={digest(Path(path))}")
            case ["check", path, expected]:
                check(Path(path), expected)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except UntrustedArtifactError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check(path: Path, expected: str) -> None:
    """Raise an error unless a file or a folder has a digest."""
    if (actual := digest(path)) != expected:
        raise UntrustedArtifactError(f"{path} has the digest {actual}, and the job that made it says {expected!r}.")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the paths and the contents of all files in a folder."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()} {name}\n" for name, file in sorted(_files(path, ""))]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _files(path: Path, name: str) -> Iterator[tuple[str, Path]]:
    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        raise UntrustedArtifactError(f"{str(path)!a} is neither a file nor a folder.")
    if path.is_file():
        yield name, path
        return
    for entry in path.iterdir():
        yield from _files(entry, f"{name}/{entry.name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
