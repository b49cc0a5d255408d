"""A Sigstore of our own: a certificate authority, the logs of certificates and signatures, and bundles of both.

It makes what the public instance would give the service's workflow, and the trust root that says so. Everything is in
memory and needs no network. Each field of `Signer` may be made wrong, to see which check refuses it.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import struct
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from matrix.store import signature

REPOSITORY: Final = "example/midstream"
SIGNED: Final = dt.datetime(2026, 11, 1, 4, 40, tzinfo=dt.UTC)
"""The time of every signature, unless a test says otherwise."""

_LIFETIME: Final = dt.timedelta(minutes=10)
_SCT: Final = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_FULCIO: Final = "1.3.6.1.4.1.57264.1"
_SHA256: Final = ec.ECDSA(hashes.SHA256())
_ORIGIN: Final = "log.example.org - 1"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Signer:
    """The identity that signs, as a certificate states it.

    Attributes:
        repository: The repository on GitHub.
        workflow: The path of the workflow.
        ref: The branch of the workflow.
        issuer: The service that confirmed the workflow to the certificate authority.
        caller: The repository whose run called the workflow, if that is not `repository`.
        run: The branch of the run, if that is not `ref`.
        delay: The time from the start of the certificate to the entry in the log.
    """

    repository: str = REPOSITORY
    workflow: str = signature.WORKFLOW
    ref: str = signature.BRANCH
    issuer: str = signature.ISSUER
    caller: str = ""
    run: str = ""
    delay: dt.timedelta = dt.timedelta(seconds=2)


def statement(data: bytes, **fields: Any) -> bytes:
    """Return the statement that GitHub's action makes of a file; fields replace those of the same name."""
    digest = {"sha256": hashlib.sha256(data).hexdigest()}
    subject = [{"name": "root.json", "digest": digest}]
    usual = {"_type": signature.STATEMENT, "subject": subject, "predicateType": signature.PROVENANCE, "predicate": {}}
    return json.dumps(usual | fields).encode()


class Sigstore:
    """An instance of Sigstore: its keys, its trust root, and the bundles that it makes."""

    def __init__(self) -> None:
        self._authority, self._certificates, self._log = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self._root = _authority_certificate(self._authority)

    def trust_root(self) -> dict[str, Any]:
        """Return the trust root, as JSON."""
        since = {"validFor": {"start": "2020-01-01T00:00:00Z"}}
        certificate = {"rawBytes": _base64(self._root.public_bytes(Encoding.DER))}
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log_entry(self._log, since)],
            "ctlogs": [_log_entry(self._certificates, since)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "example.org", "commonName": "authority"},
                    "uri": "https://authority.example.org",
                    "certChain": {"certificates": [certificate]},
                    **since,
                }
            ],
            "timestampAuthorities": [],
        }

    def sign(self, payload: bytes, signer: Signer, payload_type: str = signature.PAYLOAD) -> dict[str, Any]:
        """Return a bundle, as JSON: the payload, its signature, the certificate of the signer, and the log's entry."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certify(key, signer)
        signed = key.sign(f"DSSEv1 {len(payload_type)} {payload_type} {len(payload)} ".encode() + payload, _SHA256)
        pem = _base64(certificate.public_bytes(Encoding.PEM))
        body = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": _base64(signed), "verifier": pem}],
            },
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _base64(certificate.public_bytes(Encoding.DER))},
                "tlogEntries": [self._record(_canonical(body), SIGNED + signer.delay)],
                "timestampVerificationData": {},
            },
            "dsseEnvelope": {
                "payload": _base64(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": _base64(signed)}],
            },
        }

    def _certify(self, key: ec.EllipticCurvePrivateKey, signer: Signer) -> x509.Certificate:
        """Make a certificate of ten minutes, and put it into the log of certificates before it is complete."""
        caller = signer.caller or signer.repository
        workflow = f"{signature.GITHUB}/{signer.repository}/{signer.workflow}@{signer.ref}"
        named = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(workflow)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._root.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(SIGNED)
            .not_valid_after(SIGNED + _LIFETIME)
            .add_extension(_usage(signs_data=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.public_key()), critical=False
            )
            .add_extension(named, critical=True)
            .add_extension(_field(1, signer.issuer.encode()), critical=False)
            .add_extension(_field(12, _der_text(f"{signature.GITHUB}/{caller}")), critical=False)
            .add_extension(_field(14, _der_text(signer.run or signer.ref)), critical=False)
        )
        unlogged = builder.sign(self._authority, hashes.SHA256())
        timestamps = x509.UnrecognizedExtension(_SCT, self._log_certificate(unlogged.tbs_certificate_bytes))
        return builder.add_extension(timestamps, critical=False).sign(self._authority, hashes.SHA256())

    def _log_certificate(self, certificate: bytes) -> bytes:
        """Return the list of signed timestamps of RFC 6962, with one timestamp."""
        time = struct.pack("!Q", int(SIGNED.timestamp() * 1000))
        entry = struct.pack("!H", 1) + _key_id(self._authority) + len(certificate).to_bytes(3) + certificate
        signed = self._certificates.sign(b"\0\0" + time + entry + b"\0\0", _SHA256)
        timestamp = b"\0" + _key_id(self._certificates) + time + b"\0\0" + b"\4\3" + _sized(signed)
        return _der(0x04, _sized(_sized(timestamp)))

    def _record(self, body: bytes, when: dt.datetime) -> dict[str, Any]:
        """Put an entry into the log of signatures, as its second one, and return it with all proofs."""
        leaf, other = (hashlib.sha256(b"\0" + entry).digest() for entry in (body, b"another entry"))
        root = hashlib.sha256(b"\1" + other + leaf).digest()
        note = f"{_ORIGIN}\n2\n{_base64(root)}\n"
        signed = _base64(_key_id(self._log)[:4] + self._log.sign(note.encode(), _SHA256))
        number, time = 1, int(when.timestamp())
        promise = {"body": _base64(body), "integratedTime": time, "logID": _key_id(self._log).hex(), "logIndex": number}
        return {
            "logIndex": str(number),
            "logId": {"keyId": _base64(_key_id(self._log))},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(time),
            "inclusionPromise": {"signedEntryTimestamp": _base64(self._log.sign(_canonical(promise), _SHA256))},
            "inclusionProof": {
                "logIndex": str(number),
                "rootHash": _base64(root),
                "treeSize": "2",
                "hashes": [_base64(other)],
                "checkpoint": {"envelope": f"{note}\n\N{EM DASH} {_ORIGIN.split()[0]} {signed}\n"},
            },
            "canonicalizedBody": _base64(body),
        }


def _authority_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_data=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, signs_data: bool) -> x509.KeyUsage:
    """Return what a key is for: data, or certificates."""
    return x509.KeyUsage(
        digital_signature=signs_data,
        key_cert_sign=not signs_data,
        crl_sign=not signs_data,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _field(number: int, value: bytes) -> x509.UnrecognizedExtension:
    """Return one of the fields in which Fulcio records a workflow."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{_FULCIO}.{number}"), value)


def _log_entry(key: ec.EllipticCurvePrivateKey, since: dict[str, Any]) -> dict[str, Any]:
    """Return a log of a trust root."""
    raw = {"rawBytes": _base64(_public(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    address = {"baseUrl": "https://log.example.org", "hashAlgorithm": "SHA2_256"}
    return {**address, "publicKey": raw | since, "logId": {"keyId": _base64(_key_id(key))}}


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_public(key)).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def _der_text(text: str) -> bytes:
    return _der(0x0C, text.encode())


def _der(tag: int, data: bytes) -> bytes:
    """Return a DER value of less than 256 bytes."""
    size = len(data)
    return bytes([tag, size] if size < 128 else [tag, 0x81, size]) + data
