"""Settings of the ways in from outside: the company directory (LDAP) and the office messengers.

Standard library only, like ``config``. What is not set is not offered; what is set in half stops the start.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

# Roles that no directory gives: whoever keeps the directory would else keep the rights here as well.
NEVER_BY_GROUP: Final = frozenset({"admin", "security_admin"})
USER_PLACE: Final = "{user}"
DN_PLACE: Final = "{dn}"


class SettingsError(RuntimeError):
    """A setting is missing or cannot be used; the text says which and what to do."""


@dataclass(frozen=True)
class Directory:
    """The company directory. ``roles`` maps the name of a group (in small letters) to a role of ours."""

    url: str
    base: str
    bind_dn: str
    bind_password: str = field(repr=False)
    user_filter: str = "(&(objectClass=person)(uid={user}))"
    start_tls: bool = True
    ca_file: str | None = None
    name_attribute: str = "uid"
    first_attribute: str = "givenName"
    last_attribute: str = "sn"
    mail_attribute: str = "mail"
    group_attribute: str = "memberOf"
    group_base: str = ""
    group_filter: str = "(member={dn})"
    roles: Mapping[str, str] = field(default_factory=dict)
    creates: bool = False


@dataclass(frozen=True)
class Access:
    """What a messenger gave us to sign people in with. Empty addresses are those of its public service."""

    client_id: str
    client_secret: str = field(repr=False)
    agent_id: str = ""
    organisation: str = ""
    login_url: str = ""
    api_url: str = ""


# The words of each provider for (client id, client secret, agent, organisation); None where it has no such thing.
_NAMES: Final[Mapping[str, tuple[str, str, str | None, str | None]]] = {
    "wecom": ("CORP_ID", "SECRET", "AGENT_ID", None),
    "feishu": ("APP_ID", "APP_SECRET", None, "TENANT_KEY"),
    "dingtalk": ("CLIENT_ID", "CLIENT_SECRET", None, "CORP_ID"),
}


def directory_of(environ: Mapping[str, str], *, strict: bool) -> Directory | None:
    """The directory that the environment names; None without ZHIDAN_LDAP_URL.

    Args:
        strict: passwords travel encrypted, or not at all (production); only this machine itself is excepted.

    Raises: SettingsError for a setting that is missing or cannot be used.
    """
    url = _text(environ, "ZHIDAN_LDAP_URL")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        _fail("ZHIDAN_LDAP_URL", "ldap://host:port or ldaps://host:port")
    start_tls = parts.scheme == "ldap" and _switch(environ, "ZHIDAN_LDAP_STARTTLS", default=True)
    if strict and parts.scheme == "ldap" and not start_tls and not _is_this_machine(parts.hostname):
        _fail("ZHIDAN_LDAP_STARTTLS", "1 or use ldaps://: passwords must not travel in the clear")
    given = {
        name: text
        for name, key in (
            ("user_filter", "ZHIDAN_LDAP_USER_FILTER"),
            ("name_attribute", "ZHIDAN_LDAP_NAME_ATTRIBUTE"),
            ("first_attribute", "ZHIDAN_LDAP_FIRST_ATTRIBUTE"),
            ("last_attribute", "ZHIDAN_LDAP_LAST_ATTRIBUTE"),
            ("mail_attribute", "ZHIDAN_LDAP_MAIL_ATTRIBUTE"),
            ("group_attribute", "ZHIDAN_LDAP_GROUP_ATTRIBUTE"),
            ("group_base", "ZHIDAN_LDAP_GROUP_BASE"),
            ("group_filter", "ZHIDAN_LDAP_GROUP_FILTER"),
            ("ca_file", "ZHIDAN_LDAP_CA_FILE"),
        )
        if (text := _text(environ, key))
    }
    if given.get("user_filter", USER_PLACE).count(USER_PLACE) != 1:
        _fail("ZHIDAN_LDAP_USER_FILTER", "a filter with {user} in it once, such as (sAMAccountName={user})")
    if given.get("group_filter", DN_PLACE).count(DN_PLACE) != 1:
        _fail("ZHIDAN_LDAP_GROUP_FILTER", "a filter with {dn} in it once, such as (member={dn})")
    return Directory(
        url=url,
        base=_needed(environ, "ZHIDAN_LDAP_BASE"),
        bind_dn=_needed(environ, "ZHIDAN_LDAP_BIND_DN"),
        bind_password=_secret(environ, "ZHIDAN_LDAP_BIND_PASSWORD"),
        start_tls=start_tls,
        roles=_roles(_text(environ, "ZHIDAN_LDAP_ROLES")),
        creates=_switch(environ, "ZHIDAN_LDAP_CREATE", default=False),
        **given,
    )


def messengers_of(environ: Mapping[str, str]) -> dict[str, Access]:
    """The messengers that the environment names, by their code. Raises: SettingsError."""
    found = {}
    for code, (client, secret, agent, organisation) in _NAMES.items():
        prefix = f"ZHIDAN_{code.upper()}_"
        if not _text(environ, prefix + client):
            continue
        found[code] = Access(
            client_id=_text(environ, prefix + client),
            client_secret=_secret(environ, prefix + secret),
            agent_id=_needed(environ, prefix + agent) if agent else "",
            organisation=_text(environ, prefix + organisation) if organisation else "",
            login_url=_address(environ, prefix + "LOGIN_URL"),
            api_url=_address(environ, prefix + "API_URL"),
        )
    return found


def _text(environ: Mapping[str, str], key: str) -> str:
    return environ.get(key, "").strip()


def _needed(environ: Mapping[str, str], key: str) -> str:
    if not (text := _text(environ, key)):
        message = f"{key} is not set, but what stands beside it is. Set both or neither."
        raise SettingsError(message)
    return text


def _secret(environ: Mapping[str, str], key: str) -> str:
    """A secret from a variable, or from the file that ``<key>_FILE`` names."""
    if not (name := _text(environ, f"{key}_FILE")):
        return _needed(environ, key)
    try:
        text = Path(name).read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"{key}_FILE names a file that cannot be read ({error.strerror})."
        raise SettingsError(message) from error
    if not text:
        _fail(f"{key}_FILE", "a file that holds the secret")
    return text


def _address(environ: Mapping[str, str], key: str) -> str:
    """The address of a private deployment; HTTPS, except on this machine."""
    if not (text := _text(environ, key).rstrip("/")):
        return ""
    parts = urlsplit(text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        _fail(key, "https://host, the address of your own deployment")
    return text


def _switch(environ: Mapping[str, str], key: str, *, default: bool) -> bool:
    text = _text(environ, key) or ("1" if default else "0")
    if text not in {"0", "1"}:
        _fail(key, "0 or 1")
    return text == "1"


def _roles(text: str) -> dict[str, str]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(role, str) for role in found.values()):
        _fail("ZHIDAN_LDAP_ROLES", 'JSON such as {"cn=finance,ou=groups,dc=example,dc=com": "finance"}')
    if refused := sorted(NEVER_BY_GROUP & set(found.values())):
        _fail("ZHIDAN_LDAP_ROLES", f"other roles than {', '.join(refused)}: those are given here, by hand")
    return {str(group).lower(): role for group, role in found.items()}


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _fail(key: str, wanted: str) -> NoReturn:
    message = f"{key} cannot be used. Set it to {wanted}."
    raise SettingsError(message)
