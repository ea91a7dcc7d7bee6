"""Puts the application together: the only module that knows all the others."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from sqlalchemy.pool import StaticPool
from werkzeug.middleware.proxy_fix import ProxyFix

import app.cli
import app.reactions
import app.security.recording
import app.services
from app import logs
from app.assets import add_static, asset_version
from app.extensions import csrf, db, limiter, migrate
from app.kernel import database, sealing
from app.security.manager import ZhidanSecurityManager
from app.security.refusals import init_refusals
from app.security.sessions import init_sessions
from config import BaseConfig, load
from views.adapter import keep_catalogues
from views.context import init_context
from views.errors import init_errors, init_token_errors
from views.home import HomeView
from views.menu import register
from views.shell import init_shell

PACKAGE = Path(__file__).resolve().parent


def create_app(config_object: BaseConfig | None = None, **overrides: Any) -> Flask:
    """The application for one set of settings; those of the environment when none are given."""
    logs.install()
    flask_app = Flask(__name__, root_path=str(PACKAGE), instance_relative_config=False)
    settings = config_object or load()
    flask_app.config.from_object(settings)
    flask_app.config.update(overrides)
    memory = str(flask_app.config["SQLALCHEMY_DATABASE_URI"]) in {"sqlite://", "sqlite:///:memory:"}
    if memory:
        # All threads of an in-memory database share its one connection.
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}, "hide_parameters": True}
        flask_app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    flask_app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # Before the framework's own hooks: the first statement of a request must know whether it will write.
    init_context(flask_app)
    init_sessions(flask_app)
    db.init_app(flask_app)
    migrate.init_app(flask_app, db, directory=str(PACKAGE.parent / "migrations"), render_as_batch=True)
    csrf.init_app(flask_app)
    limiter.init_app(flask_app)
    init_refusals(flask_app)
    init_errors(flask_app)
    init_shell(flask_app)
    flask_app.jinja_env.globals["asset_version"] = asset_version()
    with flask_app.app_context():
        database.configure(db.engine)
        sealing.configure(db.engine, flask_app.config["SUBJECT_SECRET"])
        builder = AppBuilder(indexview=HomeView, security_manager_class=ZhidanSecurityManager)
        builder.init_app(flask_app, db.session)
        keep_catalogues(flask_app)
        init_token_errors(builder)
        register(builder)
    add_commands(flask_app)
    add_static(flask_app)
    if hops := flask_app.config["PROXY_HOPS"]:
        # Only so many addresses of the header are our proxies' words; the others are whatever the client claims.
        flask_app.wsgi_app = ProxyFix(flask_app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return flask_app


def add_commands(flask_app: Flask) -> None:
    """A module of ``app.cli`` registers the command that has its name."""
    for found in pkgutil.iter_modules(app.cli.__path__):
        command = getattr(import_module(f"app.cli.{found.name}"), found.name, None)
        if command is not None and hasattr(command, "callback"):
            flask_app.cli.add_command(command)
