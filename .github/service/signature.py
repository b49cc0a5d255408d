"""Tells which data needs a new signature: `signature.py FOLDER` prints the output `unsigned`.

I/O, read only. FOLDER has the data of every target. The output has a line for each root digest to sign, as `sha256sum`
prints it: the SHA-256 of its file, and its path. A signature next to the data that names it is not made anew. Nothing
here proves that a signature is valid: `matrix verify --signed` does.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

ROOT = "root.json"
"""The file of the root digest, in the folder of the data."""


def main(arguments: list[str]) -> int:
    """Print the SHA-256 of each root digest that is not signed, and return the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    roots = sorted(Path(arguments[0]).glob(f"*/{ROOT}"))
    unsigned = [root for root in roots if not is_signed(root.parent)]
    print("unsigned<<END", *(f"{sha256(root)}  {root.parent.name}/{ROOT}" for root in unsigned), "END", sep="\n")
    return 0


def is_signed(data: Path) -> bool:
    """Return whether the signature next to a folder of data names its root digest."""
    file = path(data)
    return file.is_file() and signs(file.read_bytes(), data / ROOT)


def path(data: Path) -> Path:
    """Return the path of a signature: next to the folder of the data."""
    return data.with_name(f"{data.name}.root.sigstore.json")


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def signs(bundle: bytes | str, root: Path) -> bool:
    """Return whether a Sigstore bundle says that it signs the root digest's file, alone or together with others."""
    try:
        statement = json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))
        return sha256(root) in [subject["digest"]["sha256"] for subject in statement["subject"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
