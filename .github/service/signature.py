"""Tells whether the data needs a new signature: `signature.py DATA` prints `sha256=`, and the SHA-256 to sign if so.

I/O, read only. The SHA-256 is that of the root digest's file. A signature next to the data that names it is not made
anew. Nothing here proves that a signature is valid: `matrix verify --signed` does.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

ROOT = "root.json"
"""The file of the root digest, in the folder of the data."""


def main(arguments: list[str]) -> int:
    """Print the SHA-256 of a root digest that is not signed, and return the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    data = Path(arguments[0])
    root, file = data / ROOT, path(data)
    signed = file.is_file() and signs(file.read_bytes(), root)
    print(f"sha256={'' if signed or not root.is_file() else sha256(root)}")
    return 0


def path(data: Path) -> Path:
    """Return the path of a signature: next to the folder of the data."""
    return data.with_name(f"{data.name}.root.sigstore.json")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def signs(bundle: bytes | str, root: Path) -> bool:
    """Return whether a Sigstore bundle says that it signs the root digest's file, and no other."""
    try:
        statement = json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))
        return [subject["digest"]["sha256"] for subject in statement["subject"]] == [sha256(root)]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
