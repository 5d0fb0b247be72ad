"""A broker with TLS: its certificate is checked according to the options that the settings derive from REDIS_URL."""

import datetime as dt
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kombu import Connection
from kombu.exceptions import OperationalError

from portal.broker import tls_options, without_options
from tests.services import free_port, redis_binary, wait_for_port

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    directory = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture(scope="module")
def port(certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis that speaks only TLS."""
    number = free_port()
    options = [
        "--port",
        "0",
        "--tls-port",
        str(number),
        "--bind",
        "127.0.0.1",
        "--tls-auth-clients",
        "no",
        "--save",
        "",
    ]
    files = ["--tls-cert-file", str(certificate[0]), "--tls-key-file", str(certificate[1])]
    command = [redis_binary(), *options, *files, "--dir", str(tmp_path_factory.mktemp("redis"))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_port(number)
        except TimeoutError:
            if process.poll() is not None:
                pytest.skip("this Redis was built without TLS")
            raise
        else:
            yield number
        finally:
            process.terminate()


def connect(url: str) -> None:
    """Connect as Celery does with these settings. OperationalError if the server is not trusted."""
    with Connection(without_options(url), ssl=tls_options(url)) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
        connection.default_channel.client.ping()


@pytest.mark.parametrize("query", ["", "?ssl_cert_reqs=required"])
def test_a_server_whose_certificate_nobody_vouches_for_is_refused(port: int, query: str) -> None:
    with pytest.raises(OperationalError, match=r"(?i)certificate"):
        connect(f"rediss://localhost:{port}/0{query}")


def test_a_server_with_a_certificate_for_another_name_is_refused(port: int, certificate: tuple[Path, Path]) -> None:
    with pytest.raises(OperationalError, match=r"(?i)certificate"):
        connect(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate[0]}")


def test_a_server_with_a_good_certificate_is_taken(port: int, certificate: tuple[Path, Path]) -> None:
    connect(f"rediss://localhost:{port}/0?ssl_ca_certs={certificate[0]}")


def test_the_check_can_be_switched_off_in_so_many_words(port: int) -> None:
    connect(f"rediss://localhost:{port}/0?ssl_cert_reqs=none")
