"""Settings: what each environment demands, makes up, or refuses."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

import config

SECRET = "s" * 32
ROOT = Path(config.__file__).parent


def in_folder(folder: Path, **more: str) -> dict[str, str]:
    return {"ZHIDAN_INSTANCE": str(folder), **more}


def test_load_when_nothing_is_said_then_development(tmp_path: Path) -> None:
    assert config.load(environ=in_folder(tmp_path)).NAME == "development"


def test_load_when_name_is_unknown_then_says_which_there_are() -> None:
    with pytest.raises(config.SettingsError, match="development, production, test"):
        config.load(environ={"ZHIDAN_ENV": "prod"})


def test_development_when_started_twice_then_keeps_one_secret_for_the_owner_alone(tmp_path: Path) -> None:
    first = config.DevelopmentConfig(in_folder(tmp_path)).SECRET_KEY
    second = config.DevelopmentConfig(in_folder(tmp_path)).SECRET_KEY
    assert first == second
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_development_when_two_instances_then_two_secrets(tmp_path: Path) -> None:
    keys = {config.DevelopmentConfig(in_folder(tmp_path / name)).SECRET_KEY for name in ("a", "b")}
    assert len(keys) == 2


def test_development_when_database_is_not_set_then_a_file_in_the_instance(tmp_path: Path) -> None:
    settings = config.DevelopmentConfig(in_folder(tmp_path))
    assert f"sqlite:///{tmp_path.as_posix()}/zhidan.sqlite" == settings.SQLALCHEMY_DATABASE_URI


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://h/d"}, "SECRET_KEY"),
        ({"SECRET_KEY": SECRET}, "DATABASE_URL"),
    ],
)
def test_production_when_a_setting_is_missing_then_refuses_and_names_it(
    given: dict[str, str], missing: str, tmp_path: Path
) -> None:
    with pytest.raises(config.SettingsError, match=f"^{missing} is not set"):
        config.ProductionConfig(in_folder(tmp_path, **given))
    assert list(tmp_path.iterdir()) == []


def test_production_when_secret_is_short_then_refuses(tmp_path: Path) -> None:
    with pytest.raises(config.SettingsError, match="shorter than 32"):
        config.ProductionConfig(in_folder(tmp_path, DATABASE_URL="postgresql://h/d", SECRET_KEY=SECRET[:-1]))


def test_production_when_complete_then_cookies_are_bound_to_host_and_https() -> None:
    settings = config.ProductionConfig(
        {"DATABASE_URL": "postgresql://h/d", "SECRET_KEY": SECRET, "ZHIDAN_HOSTS": "panel.example, "}
    )
    assert (settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE) == ("__Host-session", True)
    assert settings.TRUSTED_HOSTS == ["panel.example"]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///x", "sqlite:///x"),
    ],
)
def test_database_url_when_spelt_in_any_usual_way_then_names_the_driver(given: str, used: str) -> None:
    assert config.database_url(given) == used


def test_engine_options_when_postgresql_then_every_wait_has_an_end() -> None:
    options = config.engine_options("postgresql+psycopg://h/d")["connect_args"]
    assert {name for name in ("connect_timeout", "tcp_user_timeout") if options.get(name, 0) > 0} == {
        "connect_timeout",
        "tcp_user_timeout",
    }
    assert "statement_timeout=15000" in options["options"]
    assert config.engine_options("sqlite:///x") == {"hide_parameters": True}


def test_derived_key_when_purpose_differs_then_key_differs_and_secret_does_not_show() -> None:
    first, second = config.derived_key(SECRET, "jwt"), config.derived_key(SECRET, "mail")
    assert first != second
    assert SECRET not in first
    assert first == config.derived_key(SECRET, "jwt")


def test_number_when_not_a_whole_number_then_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(config.SettingsError, match="ZHIDAN_PORT is '80a'"):
        config.DevelopmentConfig(in_folder(tmp_path, ZHIDAN_PORT="80a"))


def test_config_when_imported_then_needs_the_standard_library_only() -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import config; config.TestConfig({})"
    subprocess.run([sys.executable, "-I", "-S", "-c", program, str(ROOT)], check=True)
