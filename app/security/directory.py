"""The company directory by LDAP: finds a person and tries his password there. Nothing else knows ``ldap3``.

Passwords go out as bytes: as text, the library would normalise them first, and one that consists of soft hyphens
alone would become an empty one, with which a directory lets anybody in (an "unauthenticated bind", RFC 4513 5.1.2).
"""

from __future__ import annotations

import logging
import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.security.entering import SignInRefusedError
from config_outside import DN_PLACE, USER_PLACE, Directory

with warnings.catch_warnings():
    # It uses old names of pyasn1, which that still has.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars

log = logging.getLogger(__name__)
SECONDS = 5
LONGEST_NAME = 128
MOST_GROUPS = 500
BUSY, UNAVAILABLE, OTHER = 51, 52, 80
PERSON = "searchResEntry"


class DirectoryDownError(SignInRefusedError):
    """The directory does not answer, or not us."""

    code = "directory_down"
    status = 503
    default_message = _l(
        "The company directory does not answer. Accounts with a password of their own still work; try yours again"
        " later."
    )


@dataclass(frozen=True)
class Found:
    """A person whose password was right. ``groups`` are names of groups in small letters."""

    name: str
    first: str
    last: str
    mail: str
    groups: frozenset[str]


def verify(directory: Directory, name: str, password: str) -> Found | None:
    """The person, where exactly one has this name and the password is his; None for everything else.

    Raises: DirectoryDownError: no answer within 5 s, no encryption where it is asked for, or we are not let in.
    """
    secret = _as_bytes(password)
    if not secret or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        return None
    try:
        with _bound(directory, directory.bind_dn, directory.bind_password.encode()) as ours:
            if ours is None:
                log.error("the directory refuses the account that is set in ZHIDAN_LDAP_BIND_DN")
                raise DirectoryDownError
            entry = _search(ours, directory, name)
            if entry is None:
                return None
            with _bound(directory, entry["dn"], secret) as theirs:
                if theirs is None:
                    return None
            return _found(directory, entry, _groups(ours, directory, entry))
    except (LDAPException, OSError) as error:
        # The text of the error may hold what was sent.
        log.warning("the directory does not answer: %s", type(error).__name__)
        raise DirectoryDownError from None


def _as_bytes(password: str) -> bytes:
    try:
        return password.encode()
    except UnicodeEncodeError:
        return b""


@contextmanager
def _bound(directory: Directory, dn: str, secret: bytes) -> Iterator[Any]:
    """A connection as somebody, or None where the directory does not accept him."""
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=directory.ca_file)
    server = ldap3.Server(directory.url, connect_timeout=SECONDS, get_info=ldap3.NONE, tls=tls)
    connection = ldap3.Connection(
        server,
        user=dn,
        password=secret,
        authentication=ldap3.SIMPLE,
        receive_timeout=SECONDS,
        auto_referrals=False,
        read_only=True,
        check_names=False,
    )
    try:
        connection.open()
        if directory.start_tls and not connection.start_tls():
            raise DirectoryDownError
        is_bound = connection.bind()
        if not is_bound and connection.result["result"] in {BUSY, UNAVAILABLE, OTHER}:
            raise DirectoryDownError
        yield connection if is_bound else None
    finally:
        connection.unbind()
        if connection.socket is not None:  # the library leaves it open where the call itself has failed
            connection.socket.close()


def _search(connection: Any, directory: Directory, name: str) -> Mapping[str, Any] | None:
    wanted = [
        directory.name_attribute,
        directory.first_attribute,
        directory.last_attribute,
        directory.mail_attribute,
        *([] if directory.group_base else [directory.group_attribute]),
    ]
    asked = directory.user_filter.replace(USER_PLACE, escape_filter_chars(name))
    # Two are enough to see that the name does not say who it is.
    connection.search(directory.base, asked, attributes=wanted, size_limit=2, time_limit=SECONDS)
    entries = [entry for entry in connection.response or () if entry["type"] == PERSON]
    if len(entries) > 1:
        log.warning("more than one person of the directory fits ZHIDAN_LDAP_USER_FILTER")
    return entries[0] if len(entries) == 1 and entries[0]["dn"] else None


def _groups(connection: Any, directory: Directory, entry: Mapping[str, Any]) -> frozenset[str]:
    if not directory.roles:
        return frozenset()
    if not directory.group_base:
        return frozenset(text.lower() for text in _values(entry, directory.group_attribute))
    asked = directory.group_filter.replace(DN_PLACE, escape_filter_chars(entry["dn"]))
    limits = {"size_limit": MOST_GROUPS, "time_limit": SECONDS}
    connection.search(directory.group_base, asked, attributes=[ldap3.NO_ATTRIBUTES], **limits)
    return frozenset(found["dn"].lower() for found in connection.response or () if found["type"] == PERSON)


def _found(directory: Directory, entry: Mapping[str, Any], groups: frozenset[str]) -> Found | None:
    first_of = {
        name: next(iter(_values(entry, name)), "")
        for name in (
            directory.name_attribute,
            directory.first_attribute,
            directory.last_attribute,
            directory.mail_attribute,
        )
    }
    name = first_of[directory.name_attribute]
    if not 0 < len(name) <= LONGEST_NAME:
        log.warning("a person of the directory lacks the attribute of ZHIDAN_LDAP_NAME_ATTRIBUTE")
        return None
    first, last = first_of[directory.first_attribute], first_of[directory.last_attribute]
    return Found(name, first, last, first_of[directory.mail_attribute], groups)


def _values(entry: Mapping[str, Any], name: str) -> list[str]:
    """The texts of an attribute; a directory does not tell small letters from capitals in its name."""
    raw = entry["raw_attributes"]
    key = next((key for key in raw if key.lower() == name.lower()), None)
    values = [value.decode("utf-8", "replace").strip() for value in raw[key]] if key is not None else []
    return [value for value in values if value and value.isprintable()]
