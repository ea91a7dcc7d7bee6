"""A real directory server on this machine: OpenLDAP's slapd with four people and two groups, made anew for a session.

It is set up as unkindly as directories are: it lets anybody bind without a password (RFC 4513 5.1.2).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BASE = "dc=zhidan,dc=example"
SERVICE = f"cn=panel,{BASE}"
SERVICE_PASSWORD = "Panel-reads-2026"
PASSWORD = "Directory-2026"
FINANCE = f"cn=finance,ou=groups,{BASE}"
SCHEMAS = Path("/etc/ldap/schema")
MODULES = Path("/usr/lib/ldap")
WAIT = 10.0

CONFIG = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
modulepath {modules}
moduleload back_mdb
allow bind_anon_cred bind_anon_dn
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 16777216
suffix "{base}"
rootdn "cn=nobody,{base}"
directory {folder}/data
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by * none
"""

PEOPLE = (
    ("dir_lin", "Lin", "Mei", "lin@zhidan.example"),
    ("dir_ma", "Ma", "Rui", "ma@zhidan.example"),
    ("fi_zhou", "Zhou", "Elsewhere", "zhou@zhidan.example"),
    ("star*(x)\\y", "Odd", "Name", "odd@zhidan.example"),
)


def found() -> str | None:
    """The server's program, where this machine has it with its schemas and back end."""
    program = shutil.which("slapd", path="/usr/sbin:/usr/libexec:/usr/local/sbin:/usr/bin:/bin")
    has_parts = (SCHEMAS / "inetorgperson.schema").exists() and (MODULES / "back_mdb.so").exists()
    return program if program and has_parts else None


@dataclass
class Slapd:
    """A running server; ``url`` is where it listens, ``ca_file`` who vouches for it."""

    folder: Path
    program: str
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> str:
        return str(self.folder / "server.pem")

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a panel that uses it, encrypted."""
        return {
            "ZHIDAN_LDAP_URL": self.url,
            "ZHIDAN_LDAP_CA_FILE": self.ca_file,
            "ZHIDAN_LDAP_BASE": f"ou=people,{BASE}",
            "ZHIDAN_LDAP_BIND_DN": SERVICE,
            "ZHIDAN_LDAP_BIND_PASSWORD": SERVICE_PASSWORD,
            **more,
        }

    def start(self) -> None:
        """Fills it and starts it; comes back when it answers."""
        (self.folder / "data").mkdir()
        _certificate(self.folder)
        config = self.folder / "slapd.conf"
        parts = {"schemas": SCHEMAS, "modules": MODULES, "folder": self.folder, "base": BASE, "service": SERVICE}
        config.write_text(CONFIG.format(**parts), encoding="utf-8")
        entries = self.folder / "people.ldif"
        entries.write_text("\n\n".join(_entries()) + "\n", encoding="utf-8")
        fill = [self.program, "-T", "add", "-f", str(config), "-l", str(entries)]
        subprocess.run(fill, check=True, capture_output=True, timeout=30)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [self.program, "-d", "0", "-f", str(config), "-h", self.url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        message = "slapd does not answer"
        raise RuntimeError(message)

    def stop(self) -> None:
        """Ends the process that was started."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=WAIT)


def _entries() -> list[str]:
    parts = [f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Zhidan\ndc: zhidan"]
    parts += [f"dn: ou={name},{BASE}\nobjectClass: organizationalUnit\nou: {name}" for name in ("people", "groups")]
    role = "objectClass: organizationalRole\nobjectClass: simpleSecurityObject"
    parts.append(f"dn: {SERVICE}\n{role}\ncn: panel\nuserPassword: {SERVICE_PASSWORD}")
    for number, (uid, last, first, mail) in enumerate(PEOPLE):
        parts.append(
            f"dn: cn=person {number},ou=people,{BASE}\nobjectClass: inetOrgPerson\ncn: person {number}\nuid: {uid}\n"
            f"sn: {last}\ngivenName: {first}\nmail: {mail}\nuserPassword: {PASSWORD}"
        )
    member = f"member: cn=person 0,ou=people,{BASE}"
    parts += [f"dn: {dn}\nobjectClass: groupOfNames\n{member}" for dn in (FINANCE, f"cn=chess,ou=groups,{BASE}")]
    return parts


def _certificate(folder: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "server.key").write_bytes(secret)
