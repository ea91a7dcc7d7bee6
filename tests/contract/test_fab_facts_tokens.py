"""Fact 18: the framework's API keys store scopes, never ask about them, and hash slowly at every call.

The first test shows it on the framework as it comes; when it fails with a new release, ``app/security/tokens.py`` may
be looked at again. What ours do instead is tested in ``tests/web/test_tokens.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from flask import Flask
from flask_appbuilder import AppBuilder, Model
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.security.sqla import manager as stock


class GoodsApi(BaseApi):
    """A resource of the stock framework."""

    resource_name = "goods"

    @expose("/", methods=("DELETE",))
    @protect()
    def drop(self) -> object:
        """The most dangerous thing."""
        return self.response(200, message="gone")


@pytest.fixture
def stock_app() -> Iterator[Flask]:
    """The framework as it comes, with its API keys on."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="x" * 40,
        JWT_SECRET_KEY="x" * 40,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        FAB_API_KEY_ENABLED=True,
        FAB_CREATE_DB=True,
        WTF_CSRF_ENABLED=False,
    )
    db = SQLA(metadata=Model.metadata)
    db.init_app(app)
    with app.app_context():
        db.create_all()
        builder = AppBuilder(app, db.session)
        builder.add_api(GoodsApi)
        role = builder.sm.find_role(builder.sm.auth_role_admin)
        builder.sm.add_user("root", "Ada", "Lovelace", "ada@zhidan.example", role, "Zhidan-2026")
        yield app
        db.session.remove()
        db.engine.dispose()


def test_stock_key_when_its_scopes_name_nothing_then_it_may_everything_and_hashes_at_each_call(
    stock_app: Flask,
) -> None:
    sm = stock_app.extensions["appbuilder"].sm
    made = sm.create_api_key(user=sm.find_user("root"), name="reads", scopes="nothing.read")
    header = {"Authorization": f"Bearer {made['key']}"}
    with patch.object(stock, "check_password_hash", wraps=stock.check_password_hash) as hashed:
        answers = [stock_app.test_client().delete("/api/v1/goods/", headers=header).status_code for _ in range(2)]
    assert answers == [200, 200]
    assert hashed.call_count == 2
