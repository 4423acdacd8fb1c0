"""A local certificate authority and the server certificate the orgs show."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_FILE = "ca.pem"
NAMES = ("localhost", "login.salesforce.com", "test.salesforce.com")
_VALID_DAYS = 825


def ensure(folder: Path) -> ssl.SSLContext:
    """A server context for the certificate in `folder`, made there with its CA when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    chain, key = folder / "server.pem", folder / "server.key"
    if not (chain.exists() and key.exists() and (folder / CA_FILE).exists()):
        _make(folder, chain, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def _make(folder: Path, chain: Path, key: Path) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Stand-in Org CA", ca_key, None)
    server_key = ec.generate_private_key(ec.SECP256R1())
    server = _certificate("127.0.0.1", server_key, (ca, ca_key), NAMES)
    pem = serialization.Encoding.PEM
    (folder / CA_FILE).write_bytes(ca.public_bytes(pem))
    chain.write_bytes(server.public_bytes(pem) + ca.public_bytes(pem))
    key.touch(mode=0o600)
    key.write_bytes(
        server_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


Issuer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: Issuer | None, names: tuple[str, ...] = ()
) -> x509.Certificate:
    """An authority's own certificate, or one it issues for `names`; strict verifiers take both."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer[1] if issuer else key
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=_VALID_DAYS))
    )
    builder = _identified(builder, key, signer, ca=issuer is None)
    return (builder if issuer is None else _for(builder, names)).sign(signer, hashes.SHA256())


def _identified(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.CertificateBuilder:
    """Key identifiers and usage, which Python 3.13 insists on."""
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    constraints = x509.BasicConstraints(ca=ca, path_length=0 if ca else None)
    return (
        builder.add_extension(subject, critical=False)
        .add_extension(authority, critical=False)
        .add_extension(constraints, critical=True)
        .add_extension(_usage(ca=ca), critical=True)
    )


def _for(builder: x509.CertificateBuilder, names: tuple[str, ...]) -> x509.CertificateBuilder:
    """A server's names: DNS names and the loopback addresses."""
    known: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    known += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ("127.0.0.1", "::1")]
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return builder.add_extension(x509.SubjectAlternativeName(known), critical=False).add_extension(
        usage, critical=False
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
