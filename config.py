"""Settings of the panel, read from the environment when a settings object is made.

Standard library only, so that tools can read the settings without the web framework. Take an object with
:func:`load`; the classes differ only in what they demand and what they relax. Only development makes up a
secret, and keeps it in the git-ignored `instance/` folder.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from config_outside import SettingsError, directory_of, messengers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parent
SHORTEST_SECRET: Final = 32
_OWNER_ONLY: Final = 0o600
_MEBIBYTE: Final = 1024 * 1024

# A hanging database must end a request, not a day: connect within 5 s, no statement over 15 s.
# Migrations and loaders lift the statement limit for themselves.
_POSTGRESQL_LIMITS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,
    "options": "-c timezone=UTC -c statement_timeout=15000 -c idle_in_transaction_session_timeout=60000",
}


class BaseConfig:
    """What holds everywhere. Flask and Flask-AppBuilder keys in capitals, as both expect them."""

    NAME: ClassVar[str] = "base"

    APP_NAME = "直单 Zhidan"
    TESTING = False
    DEBUG = False

    # Requests and forms
    MAX_CONTENT_LENGTH = 16 * _MEBIBYTE
    WTF_CSRF_ENABLED = True
    # The token lives as long as the session: a form left open over lunch must still save.
    WTF_CSRF_TIME_LIMIT: int | None = None

    # Session
    PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
    SESSION_COOKIE_NAME = "zhidan_session"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = False

    # Login. Both switches are needed for the limit on logins.
    AUTH_TYPE = 1  # accounts in our own database
    AUTH_ROLE_ADMIN = "Admin"
    AUTH_USER_REGISTRATION = False
    AUTH_RATE_LIMITED = True
    AUTH_RATE_LIMIT = "10 per 20 second"
    FAB_PASSWORD_COMPLEXITY_ENABLED = True

    # Limits
    RATELIMIT_ENABLED = True
    # One person or program, in points: a page is 1, a search 3, a chart 5, an export, an import or a PDF 30.
    PERSON_RATE_LIMIT = "1200 per minute"
    RATELIMIT_HEADERS_ENABLED = True
    RATELIMIT_IN_MEMORY_FALLBACK_ENABLED = True

    # Tokens of the REST API: header only, so no cookie can be ridden on.
    JWT_TOKEN_LOCATION: ClassVar[list[str]] = ["headers"]
    JWT_ACCESS_TOKEN_EXPIRES = timedelta(minutes=15)
    JWT_REFRESH_TOKEN_EXPIRES = timedelta(hours=12)

    # Flask-AppBuilder: schema only by migration, permissions only by `flask init`.
    FAB_CREATE_DB = False
    FAB_UPDATE_PERMS = False
    FAB_ADD_SECURITY_API = False
    FAB_ADD_OPENAPI_VIEWS = False
    FAB_ADD_SECURITY_PERMISSION_VIEW = False
    FAB_ADD_SECURITY_VIEW_MENU_VIEW = False
    FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW = False
    FAB_API_SWAGGER_UI = False
    FAB_API_ALLOW_JSON_QS = False
    FAB_API_MAX_PAGE_SIZE = 200
    FAB_ALLOW_GET_UNSAFE_MUTATIONS = False

    # Language. Our catalogue comes after the framework's and so wins.
    BABEL_DEFAULT_LOCALE = "zh"
    BABEL_DEFAULT_TIMEZONE = "Asia/Shanghai"
    BABEL_TRANSLATION_DIRECTORIES = str(ROOT / "app" / "translations")
    LANGUAGES: ClassVar[dict[str, dict[str, str]]] = {
        "zh": {"flag": "cn", "name": "中文"},
        "en": {"flag": "gb", "name": "English"},
    }

    # Files
    FILE_ALLOWED_EXTENSIONS: ClassVar[set[str]] = {"csv", "jpeg", "jpg", "pdf", "png", "webp", "xls", "xlsx"}

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self.INSTANCE_DIR = Path(self._environ.get("ZHIDAN_INSTANCE", "") or ROOT / "instance").resolve()
        self.UPLOAD_FOLDER = str(self.INSTANCE_DIR / "uploads")
        self.SERVE_HOST = self._environ.get("ZHIDAN_HOST", "") or "127.0.0.1"
        self.SERVE_PORT = _number(self._environ, "ZHIDAN_PORT", 8080)
        self.SERVE_THREADS = _number(self._environ, "ZHIDAN_THREADS", 8)
        self.PROXY_HOPS = _number(self._environ, "ZHIDAN_PROXY_HOPS", 0)
        self.RATELIMIT_STORAGE_URI = self._environ.get("RATELIMIT_STORAGE_URI", "") or "memory://"
        self.SQLALCHEMY_DATABASE_URI = database_url(self._environ.get("DATABASE_URL", "") or self._own_database())
        self.SQLALCHEMY_ENGINE_OPTIONS = engine_options(self.SQLALCHEMY_DATABASE_URI)
        self.SECRET_KEY = self._environ.get("SECRET_KEY", "") or self._own_secret()
        if len(self.SECRET_KEY) < SHORTEST_SECRET:
            message = f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters. Set a longer random one."
            raise SettingsError(message)
        self.JWT_SECRET_KEY = derived_key(self.SECRET_KEY, "jwt")
        self.DIRECTORY = directory_of(self._environ, strict=self.NAME == "production")
        self.MESSENGERS = messengers_of(self._environ)
        # Locks of the sign-in and recovery codes are kept under this one, keys of the second factor under the next.
        self.SIGNIN_KEY = derived_key(self.SECRET_KEY, "sign-in")
        # Addresses that customers answer their letters by.
        self.LINK_KEY = derived_key(self.SECRET_KEY, "customer-link")
        self.SECOND_FACTOR_KEY = derived_key(self.SECRET_KEY, "second-factor")
        # Names of the company: no password holds one.
        self.COMPANY_WORDS = tuple(word for word in self._environ.get("ZHIDAN_COMPANY", "").split(",") if word.strip())
        # Where customers pay to, as statements say it.
        self.BANK_ACCOUNT = self._environ.get("ZHIDAN_BANK_ACCOUNT", "").strip()
        # The keys of people in the journal are locked with it; told apart, it outlives a new SECRET_KEY.
        self.SUBJECT_SECRET = derived_key(self._environ.get("SUBJECT_SECRET", "") or self.SECRET_KEY, "subjects")

    def _own_database(self) -> str:
        message = "DATABASE_URL is not set. Set it to the address of the PostgreSQL database."
        raise SettingsError(message)

    def _own_secret(self) -> str:
        message = "SECRET_KEY is not set. Set it to at least 32 random characters and keep it secret."
        raise SettingsError(message)


class DevelopmentConfig(BaseConfig):
    """One command on one machine: a SQLite file and a generated secret under `instance/`."""

    NAME = "development"

    def _own_database(self) -> str:
        self.INSTANCE_DIR.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{(self.INSTANCE_DIR / 'zhidan.sqlite').as_posix()}"

    def _own_secret(self) -> str:
        """Read the kept secret, or make it once; two processes that start together end with the same."""
        path = self.INSTANCE_DIR / "secret_key"
        self.INSTANCE_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{os.getpid()}")
        if not path.exists():
            draft.touch(_OWNER_ONLY)
            draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                draft.replace(path)
            draft.unlink(missing_ok=True)
        return path.read_text(encoding="ascii").strip()


class ProductionConfig(BaseConfig):
    """Behind HTTPS: refuses to start without a secret and a database, and binds cookies to this host."""

    NAME = "production"

    SESSION_COOKIE_NAME = "__Host-session"
    SESSION_COOKIE_SECURE = True
    REMEMBER_COOKIE_SECURE = True
    REMEMBER_COOKIE_HTTPONLY = True
    PREFERRED_URL_SCHEME = "https"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        hosts = [host.strip() for host in self._environ.get("ZHIDAN_HOSTS", "").split(",") if host.strip()]
        self.TRUSTED_HOSTS = hosts or None
        self.FAB_SAFE_REDIRECT_HOSTS = hosts
        if self.MESSENGERS and not hosts:
            message = "ZHIDAN_HOSTS is not set, but people come back from a messenger to it. Set the host they use."
            raise SettingsError(message)


class TestConfig(BaseConfig):
    """For tests: a secret of its own for each object, no limits on logins, an in-memory database unless told."""

    __test__ = False  # not a test class, whatever its name says to pytest

    NAME = "test"

    TESTING = True
    AUTH_RATE_LIMITED = False
    RATELIMIT_ENABLED = False
    # The same way of hashing, a thirtieth of its work: tests sign in thousands of times.
    FAB_PASSWORD_HASH_METHOD = "scrypt:1024:8:1"  # noqa: S105 - a name of a method

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__(environ)
        # Test workers share the databases that one of them has made.
        self.SUBJECT_SECRET = derived_key("tests", "subjects")

    def _own_database(self) -> str:
        return "sqlite://"

    def _own_secret(self) -> str:
        return secrets.token_urlsafe(48)


_BY_NAME: Final[dict[str, type[BaseConfig]]] = {
    kind.NAME: kind for kind in (DevelopmentConfig, ProductionConfig, TestConfig)
}


__all__ = ["BaseConfig", "SettingsError", "load"]


def load(name: str | None = None, environ: Mapping[str, str] | None = None) -> BaseConfig:
    """Make the settings that `name` or else ZHIDAN_ENV asks for; development when neither speaks.

    Raises: SettingsError for an unknown name, or a setting that is missing or cannot be used.
    """
    values = os.environ if environ is None else environ
    wanted = name or values.get("ZHIDAN_ENV", "") or DevelopmentConfig.NAME
    if wanted not in _BY_NAME:
        message = f"ZHIDAN_ENV is {wanted!r}. Use one of: {', '.join(_BY_NAME)}."
        raise SettingsError(message)
    return _BY_NAME[wanted](values)


def database_url(url: str) -> str:
    """Name the PostgreSQL driver that is installed, whichever of the usual spellings came in."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return f"postgresql+psycopg://{url.removeprefix(prefix)}"
    return url


def engine_options(url: str) -> dict[str, Any]:
    """Say how to connect to `url`; limits of time only where a network lies between.

    Values never reach a log: an error names the statement without its parameters.
    """
    found: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("postgresql"):
        found |= {"pool_pre_ping": True, "connect_args": dict(_POSTGRESQL_LIMITS)}
    return found


def derived_key(secret: str, purpose: str) -> str:
    """Derive a key for one purpose, so that a leak of it tells nothing about the secret."""
    return hmac.new(secret.encode(), f"zhidan:{purpose}".encode(), hashlib.sha256).hexdigest()


def _number(environ: Mapping[str, str], key: str, default: int) -> int:
    text = environ.get(key, "") or str(default)
    if not (text.isascii() and text.isdigit()):
        message = f"{key} is {text!r}. Set it to a whole number."
        raise SettingsError(message)
    return int(text)
