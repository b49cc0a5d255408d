"""The signature of the data: a Sigstore bundle next to the data folder, which signs the root digest. I/O.

The service's workflow signs the bytes of the root digest's file whenever they change. A bundle holds an in-toto
statement that names their SHA-256, a certificate that names the workflow, and the proof that a public log has both. So
a user names the repository and needs no key: the certificate must name that repository's workflow on its main branch.

What a bundle says counts only after the library `sigstore` verified it. The extra `signed` brings that library, which
is imported only here.
"""

import datetime as dt
import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from matrix.errors import SignatureRefused, ToolFailure, UsageError
from matrix.store.root import ROOT
from matrix.system import files
from matrix.system.text import one_line

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.verify import Verifier

NAME: Final = f"{ROOT.stem}.sigstore.json"

WORKFLOW: Final = ".github/workflows/matrix.yml"
BRANCH: Final = "refs/heads/main"
GITHUB: Final = "https://github.com"
ISSUER: Final = "https://token.actions.githubusercontent.com"
"""The service that confirms to the certificate authority which workflow signs."""

PAYLOAD: Final = "application/vnd.in-toto+json"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
PROVENANCE: Final = "https://slsa.dev/provenance/v1"

_MAX_SIZE: Final = 1024 * 1024
"""Bytes of a bundle. GitHub's have about 12 kB."""

_RESTORE: Final = (
    "Restore what was published: `git checkout -- reports/data`. If that does not help, do not trust this data."
)
_OFFLINE: Final = (
    "Use the trust root that is cached or part of the library: add `--offline`. Or name a file: `--trust-root FILE`."
)


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle signs: an in-toto statement, with the fields that are checked here.

    Attributes:
        type: The schema of statements.
        kind: What is stated about the subjects; provenance is how they were made.
        subject: The files that the statement is about.
    """

    type: str = msgspec.field(name="_type")
    kind: str = msgspec.field(name="predicateType")
    subject: list["Subject"]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a statement is about: its digests, by algorithm."""

    digest: dict[str, str]


def path(data: Path) -> Path:
    """Return the path of the signature: next to the data folder."""
    return data.with_name(f"{data.name}.{NAME}")


def verify(data: Path, repository: str, trust_root: Path | None = None, *, offline: bool = False) -> dt.datetime:
    """Verify that the workflow of a repository signed the root digest, and return the time of its certificate.

    Args:
        data: The folder of the data.
        repository: The repository on GitHub: `OWNER/NAME`.
        trust_root: A file with the certificates and keys to trust; that of Sigstore if None.
        offline: Whether to take Sigstore's trust root from the cache or the library, without looking for a newer one.

    Raises:
        SignatureRefused: There is no signature, or it does not prove this.
        ToolFailure: The trust root can't be fetched.
        UsageError: The file of the trust root can't be read.
    """
    file = path(data)
    try:
        signed, text = files.read(data / ROOT), files.read(file, _MAX_SIZE)
    except FileNotFoundError as error:
        raise SignatureRefused(
            f"The data is not signed: {error.filename} does not exist.",
            "The service signs data when it publishes it. Data that was measured elsewhere has no signature.",
        ) from None
    from sigstore.errors import Error
    from sigstore.models import Bundle

    logging.getLogger("sigstore").addHandler(logging.NullHandler())  # what it warns of is in our messages
    try:
        bundle = Bundle.from_json(text)
    except Exception as error:  # noqa: BLE001 - the library raises errors of many kinds for a hostile bundle
        raise SignatureRefused(f"{file} is no Sigstore bundle: {_reason(error)}", _RESTORE) from None
    verifier = _verifier(trust_root, offline=offline)
    try:
        payload_type, payload = verifier.verify_dsse(bundle, _Signer(repository, file))
    except SignatureRefused:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        kind = "" if isinstance(error, Error) else f"{type(error).__name__}: "
        raise SignatureRefused(f"{file} proves nothing: {kind}{_reason(error)}", _RESTORE) from None
    _require_subject(file, payload_type, payload, hashlib.sha256(signed).hexdigest())
    return bundle.signing_certificate.not_valid_before_utc


class _Signer:
    """The policy of sigstore that accepts certificates of one workflow on one branch."""

    def __init__(self, repository: str, file: Path) -> None:
        from sigstore.verify import policy

        self._file = file
        # If the workflow could be called by others, its own name would be that of a run for any repository and branch.
        self._policy = policy.AllOf(
            [
                policy.Identity(identity=f"{GITHUB}/{repository}/{WORKFLOW}@{BRANCH}", issuer=ISSUER),
                policy.OIDCSourceRepositoryURI(f"{GITHUB}/{repository}"),
                policy.OIDCSourceRepositoryRef(BRANCH),
            ]
        )

    def verify(self, cert: "Certificate") -> None:
        """Refuse a certificate of another signer."""
        from sigstore.errors import VerificationError

        try:
            self._policy.verify(cert)
        except VerificationError as error:
            raise SignatureRefused(
                f"{self._file} has another signer: {_reason(error)}",
                "Name the repository that publishes this data, as GitHub spells it: `--signed OWNER/NAME`.",
            ) from None


def _verifier(trust_root: Path | None, *, offline: bool) -> "Verifier":
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig, TrustedRoot
    from sigstore.verify import Verifier

    try:
        if trust_root is not None:
            return Verifier(trusted_root=TrustedRoot.from_file(str(trust_root)))
        return Verifier(trusted_root=ClientTrustConfig.production(offline=offline).trusted_root)
    except (Error, OSError, ValueError) as error:
        if trust_root is None:
            raise ToolFailure(f"Sigstore's trust root can't be read: {_reason(error)}", _OFFLINE) from None
        raise UsageError(
            f"{trust_root} is no trust root of Sigstore: {_reason(error)}",
            "`gh attestation trusted-root` prints those of Sigstore and of GitHub, each on a line.",
        ) from None


def _require_subject(file: Path, payload_type: str, payload: bytes, digest: str) -> None:
    """Refuse a verified payload unless it is the provenance of a file with this SHA-256."""
    if payload_type != PAYLOAD:
        raise SignatureRefused(f"{file} signs a payload of the type {payload_type!r}, not {PAYLOAD!r}.", _RESTORE)
    try:
        statement = msgspec.json.decode(payload, type=Statement)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SignatureRefused(f"{file} signs no in-toto statement: {_reason(error)}", _RESTORE) from None
    if (statement.type, statement.kind) != (STATEMENT, PROVENANCE):
        raise SignatureRefused(
            f"{file} states {statement.kind!r} ({statement.type!r}), not {PROVENANCE!r} ({STATEMENT!r}).", _RESTORE
        )
    signed = [subject.digest.get("sha256", "") for subject in statement.subject]
    if digest not in signed:  # one statement may be about the data of several targets
        raise SignatureRefused(
            f"{file} does not sign this root digest: it signs the SHA-256 {', '.join(signed) or 'of no file'}, "
            f"and {ROOT} has {digest}.",
            _RESTORE,
        )


def _reason(error: Exception) -> str:
    return one_line(str(error), 600).rstrip(".") + "."
