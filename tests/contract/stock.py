"""A small application on the framework as it comes: documented defaults, nothing of ours, a real SQLite file.

The faults of the framework are shown here. Its tables stand on a base of their own, so that nothing of it enters the
metadata of the product.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, redirect
from flask.testing import FlaskClient
from flask_appbuilder import AppBuilder, ModelView
from flask_appbuilder.actions import action
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_jwt_extended import create_access_token
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

PASSWORD = "1"
CSRF = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


class StockBase(DeclarativeBase):
    """What the framework asks of a table is its mapper; no base of the framework is needed."""


class Stage(enum.Enum):
    """Names and values differ, as people write enums."""

    open = "is open"
    closed = "is closed"


class StockOwner(StockBase):
    __tablename__ = "stock_owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(50), unique=True)
    secret: Mapped[str] = mapped_column(sa.String(50), default="")
    orders: Mapped[list[StockOrder]] = relationship(back_populates="owner")

    def __repr__(self) -> str:
        return f"{self.name} {self.secret}"


class StockOrder(StockBase):
    __tablename__ = "stock_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(50))
    region: Mapped[str] = mapped_column(sa.String(20), default="north")
    cost: Mapped[int] = mapped_column(default=0)
    paid: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[Any] = mapped_column(sa.DateTime, nullable=True)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stock_owner.id"))
    owner: Mapped[StockOwner | None] = relationship(back_populates="orders")
    __mapper_args__ = {"version_id_col": version}

    def __repr__(self) -> str:
        return self.title


class StockTicket(StockBase):
    __tablename__ = "stock_ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[Stage] = mapped_column(sa.Enum(Stage, values_callable=lambda kind: [one.value for one in kind]))


class StockOrderView(ModelView):
    datamodel = SQLAInterface(StockOrder)
    list_columns = ["id", "title"]
    edit_columns = ["title", "region"]
    add_columns = ["title", "region", "due_at"]

    @action("pay", "Pay", "Sure?")
    def pay(self, item: Any) -> Any:
        item.paid = 1
        self.datamodel.session.commit()
        return redirect("/")

    def pre_update(self, item: Any) -> None:
        if item.title == "refused":
            message = "refused"
            raise ValueError(message)


class NorthView(StockOrderView):
    """What somebody is to see of the orders."""

    route_base = "/north"
    base_filters = [["region", FilterEqual, "north"]]


class StockOwnerView(ModelView):
    datamodel = SQLAInterface(StockOwner)
    list_columns = ["name"]
    add_columns = ["name"]
    # Owners of orders in the north: a path over a to-many relation.
    base_filters = [["orders.region", FilterEqual, "north"]]


class StockTicketView(ModelView):
    datamodel = SQLAInterface(StockTicket)
    list_columns = ["id"]
    search_columns = ["stage"]


class StockOrderApi(ModelRestApi):
    resource_name = "stockorder"
    datamodel = SQLAInterface(StockOrder)
    list_columns = ["title", "owner.name"]
    add_columns = ["title", "owner"]
    allow_browser_login = True


class StockOwnerApi(ModelRestApi):
    resource_name = "stockowner"
    datamodel = SQLAInterface(StockOwner)
    list_columns = ["name"]
    add_columns = ["name"]


VIEWS = (StockOrderView, NorthView, StockOwnerView, StockTicketView)
APIS = (StockOrderApi, StockOwnerApi)


@dataclass
class Stock:
    """The application, its database and somebody with all rights."""

    app: Flask
    db: Any

    @property
    def manager(self) -> Any:
        return self.app.extensions["appbuilder"].sm

    def client(self, username: str | None = "admin") -> FlaskClient:
        """A browser, signed in by the form."""
        client = self.app.test_client()
        if username is not None:
            self.send(client, "/login/", username=username, password=PASSWORD)
            assert client.get("/users/userinfo/").status_code == 200
        return client

    @staticmethod
    def send(client: FlaskClient, url: str, **form: Any) -> Any:
        """A form with the token of its page: the framework's own forms ask for it, its other routes do not."""
        found = CSRF.search(client.get(url).text)
        return client.post(url, data=form | ({"csrf_token": found[1]} if found else {}))

    def token(self, username: str = "admin") -> dict[str, str]:
        with self.app.app_context():
            user = self.manager.find_user(username)
            return {"Authorization": f"Bearer {create_access_token(identity=str(user.id))}"}

    def add(self, *rows: Any) -> list[int]:
        with self.app.app_context():
            self.db.session.add_all(rows)
            self.db.session.commit()
            return [row.id for row in rows]

    def value(self, statement: Any) -> Any:
        with self.app.app_context():
            return self.db.session.scalar(statement)


def stock_app(folder: Path, **settings: Any) -> Stock:
    """Starts the application on an empty database."""
    app = Flask("stock")
    app.config.update(
        SECRET_KEY="x" * 40,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'stock.sqlite'}",
        UPLOAD_FOLDER=str(folder),
        PROPAGATE_EXCEPTIONS=False,
        **settings,
    )
    db = SQLA()
    db.init_app(app)

    @app.after_request
    def note(answer: Response) -> Response:
        """What many applications do: one more commit in the request, for a log of their own."""
        if answer.headers.get("X-Audited") != "no":
            db.session.commit()
        return answer

    with app.app_context():
        builder = AppBuilder(app, db.session)
        for view in VIEWS:
            builder.add_view(view, view.__name__)
        for api in APIS:
            builder.add_api(api)
        StockBase.metadata.create_all(db.engine)
        manager = builder.sm
        admin = manager.find_role(manager.auth_role_admin)
        manager.add_user("admin", "Ada", "Admin", "admin@stock.example", admin, PASSWORD)
        clerk = manager.add_role("Clerk")
        for word in ("can_userinfo", "resetmypassword", "can_this_form_get", "can_this_form_post"):
            for view in ("UserDBModelView", "ResetMyPasswordView"):
                if right := manager.find_permission_view_menu(word, view):
                    manager.add_permission_role(clerk, right)
        for name in ("clerk", "sleepy", "leaver"):
            manager.add_user(name, name, "Clerk", f"{name}@stock.example", clerk, PASSWORD)
    return Stock(app, db)
