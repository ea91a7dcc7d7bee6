"""Settings of the directory and the messengers: complete, encrypted, and refused with a sentence where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

import config
from config_outside import Access, SettingsError, directory_of, messengers_of

LDAP = {
    "ZHIDAN_LDAP_URL": "ldaps://ldap.example.com",
    "ZHIDAN_LDAP_BASE": "dc=example",
    "ZHIDAN_LDAP_BIND_DN": "cn=panel,dc=example",
    "ZHIDAN_LDAP_BIND_PASSWORD": "hidden-secret",
}
FEISHU = {"ZHIDAN_FEISHU_APP_ID": "cli_1", "ZHIDAN_FEISHU_APP_SECRET": "hidden-secret"}
PRODUCTION = {"SECRET_KEY": "s" * 32, "DATABASE_URL": "postgresql://h/d"}


def test_settings_when_nothing_is_set_then_no_way_in_from_outside() -> None:
    assert directory_of({}, strict=True) is None
    assert messengers_of({}) == {}


def test_settings_when_complete_then_read_and_secrets_shown_nowhere() -> None:
    directory = directory_of(LDAP, strict=True)
    assert directory is not None
    assert (directory.start_tls, directory.creates, directory.bind_password) == (False, False, "hidden-secret")
    feishu = messengers_of(FEISHU)
    assert feishu == {"feishu": Access("cli_1", "hidden-secret")}
    assert "hidden-secret" not in f"{directory!r} {feishu!r}"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ZHIDAN_LDAP_BASE": ""}, "ZHIDAN_LDAP_BASE"),
        ({"ZHIDAN_LDAP_BIND_PASSWORD": ""}, "ZHIDAN_LDAP_BIND_PASSWORD"),
        ({"ZHIDAN_LDAP_URL": "http://ldap.example.com"}, "ZHIDAN_LDAP_URL"),
        ({"ZHIDAN_LDAP_URL": "ldap://h", "ZHIDAN_LDAP_STARTTLS": "0"}, "ZHIDAN_LDAP_STARTTLS"),
        ({"ZHIDAN_LDAP_URL": "ldap://h", "ZHIDAN_LDAP_STARTTLS": "no"}, "ZHIDAN_LDAP_STARTTLS"),
        ({"ZHIDAN_LDAP_USER_FILTER": "(uid=somebody)"}, "ZHIDAN_LDAP_USER_FILTER"),
        ({"ZHIDAN_LDAP_GROUP_FILTER": "(member=x)"}, "ZHIDAN_LDAP_GROUP_FILTER"),
        ({"ZHIDAN_LDAP_ROLES": "finance"}, "ZHIDAN_LDAP_ROLES"),
        ({"ZHIDAN_LDAP_ROLES": '{"cn=it": "admin"}'}, "ZHIDAN_LDAP_ROLES"),
        ({"ZHIDAN_LDAP_ROLES": '{"cn=it": "security_admin"}'}, "ZHIDAN_LDAP_ROLES"),
        ({"ZHIDAN_LDAP_BIND_PASSWORD_FILE": "/no/such/file"}, "ZHIDAN_LDAP_BIND_PASSWORD_FILE"),
    ],
)
def test_directory_when_a_setting_is_wrong_then_refused_by_name(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^{named} ") as refusal:
        directory_of({**LDAP, **change}, strict=True)
    assert "hidden-secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ZHIDAN_FEISHU_APP_ID": "cli_1"}, "ZHIDAN_FEISHU_APP_SECRET"),
        ({"ZHIDAN_WECOM_CORP_ID": "ww1"}, "ZHIDAN_WECOM_AGENT_ID|ZHIDAN_WECOM_SECRET"),
        ({**FEISHU, "ZHIDAN_FEISHU_API_URL": "http://feishu.example.com"}, "ZHIDAN_FEISHU_API_URL"),
        ({**FEISHU, "ZHIDAN_FEISHU_LOGIN_URL": "https://a@b"}, "ZHIDAN_FEISHU_LOGIN_URL"),
        ({**FEISHU, "ZHIDAN_FEISHU_LOGIN_URL": "https://b?x=1"}, "ZHIDAN_FEISHU_LOGIN_URL"),
        ({**FEISHU, "ZHIDAN_FEISHU_LOGIN_URL": "file:///etc/passwd"}, "ZHIDAN_FEISHU_LOGIN_URL"),
    ],
)
def test_messenger_when_a_setting_is_wrong_then_refused_by_name(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=f"^({named}) "):
        messengers_of(given)


def test_secret_when_it_stands_in_a_file_then_read_from_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-the-file\n", encoding="utf-8")
    given = {"ZHIDAN_FEISHU_APP_ID": "cli_1", "ZHIDAN_FEISHU_APP_SECRET_FILE": str(tmp_path / "secret")}
    assert messengers_of(given)["feishu"].client_secret == "from-the-file"


def test_production_when_people_come_back_from_a_messenger_then_it_must_know_its_host(tmp_path: Path) -> None:
    given = {**PRODUCTION, **FEISHU, "ZHIDAN_INSTANCE": str(tmp_path)}
    with pytest.raises(config.SettingsError, match=r"^ZHIDAN_HOSTS is not set"):
        config.ProductionConfig(given)
    assert config.ProductionConfig({**given, "ZHIDAN_HOSTS": "panel.example.com"}).MESSENGERS
