"""The security manager: every permission check of the framework ends in one decision over one set a request.

What is left out of the framework's own screens: groups, statistics, permissions, registration, and every route
that deletes, downloads or changes by GET. Nobody gets a right by being called Admin.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import current_app, has_request_context
from flask import session as cookie
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.menu import MenuItem
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_babel import lazy_gettext as _l
from flask_limiter import Limiter

from app.extensions import limiter
from app.kernel.context import Actor
from app.kernel.unit_of_work import unit_of_work
from app.security import watch
from app.security.accounts import RoleView, UserView
from app.security.acting import acting
from app.security.actors import current_actor
from app.security.departments import ADMIN
from app.security.due import security_of
from app.security.naming import dotted
from app.security.passwords import check_password
from app.security.proofs import check_credentials, check_new_password, set_password
from app.security.sessions import COOKIE_KEY, load
from app.security.signin import LoginView, SecondFactorView, TokenApi, load_token
from models.signin import SessionKind

assert watch  # its listeners end sessions when the framework's user table changes


@contextmanager
def said_plainly() -> Iterator[None]:
    """On the command line the refusal of a password is a sentence, not a traceback."""
    try:
        yield
    except PasswordComplexityValidationError as error:
        if has_request_context():
            raise
        raise click.ClickException(str(error)) from error


class ZhidanSecurityManager(SecurityManager):
    """Rights from the framework's tables, read once a request; unknown means no."""

    userdbmodelview = UserView
    rolemodelview = RoleView
    authdbview = LoginView
    security_api = TokenApi
    userstatschartview = None

    def __init__(self, appbuilder: Any) -> None:
        current_app.config.setdefault("FAB_PASSWORD_COMPLEXITY_VALIDATOR", check_password)
        super().__init__(appbuilder)

    @property
    def auth_role_admin(self) -> str:
        """``flask fab create-admin`` makes a system administrator of ours."""
        return ADMIN

    @staticmethod
    def create_builtin_roles() -> dict[str, Any]:
        """None with rights: a built-in administrator keeps the framework from granting it everything it sees."""
        return {ADMIN: []}

    def create_limiter(self, app: Any) -> Limiter:  # noqa: ARG002
        """The application's own limiter; a second one would count for itself."""
        return limiter

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """The one decision."""
        return current_actor().may(dotted(permission_name, view_name))

    def is_item_public(self, permission_name: str, view_name: str) -> bool:  # noqa: ARG002
        """Nothing is public, and it takes no SQL to say so."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """The menu entries whose list, or whatever they open, the person may see; a category with one such entry."""
        allowed: set[str] = set()
        actor = current_actor()
        for item in current_app.appbuilder.menu.get_list():  # type: ignore[attr-defined]
            self._allow(item, actor, allowed)
        return allowed if menu_names is None else allowed.intersection(menu_names)

    def _allow(self, item: MenuItem, actor: Actor, allowed: set[str]) -> bool:
        if item.childs:
            found = [self._allow(child, actor, allowed) for child in item.childs]
            is_open = any(found)
        else:
            view = item.baseview
            is_open = view is not None and not isinstance(view, str) and self._opens(view, actor)
        if is_open:
            allowed.add(item.name)
        return is_open

    @staticmethod
    def _opens(view: Any, actor: Actor) -> bool:
        if hasattr(view, "opens_for"):
            return bool(view.opens_for(actor))
        permission = f"can_{view.get_method_permission(view.default_view)}"
        return actor.may(dotted(permission, view.class_permission_name))

    def load_user(self, pk: Any) -> Any:
        """The user of a cookie whose session is alive; one statement, as the framework's own."""
        return load(str(pk), cookie.get(COOKIE_KEY), SessionKind.browser)

    def load_user_jwt(self, _jwt_header: Any, jwt_data: dict[str, Any]) -> Any:
        """The user of a token whose session is alive."""
        return load_token(jwt_data)

    def auth_user_db(self, username: Any, password: Any) -> Any:
        """Whoever asks the framework gets the answer of our own check, counted and written down."""
        return check_credentials(str(username or ""), str(password or ""), "program")

    def limit_posts(self, view: Any) -> None:
        """Where something secret can be guessed, one address has few tries a moment, however many accounts it tries."""
        if self.is_auth_limited:
            self.limiter.limit(self.auth_rate_limit, methods=["POST"])(view.blueprint)

    def register_views(self) -> None:
        """The framework's own screens that are used here, guarded; every way to sign in is limited alike."""
        builder = self.appbuilder
        self.user_view, self.auth_view = self.userdbmodelview, self.authdbview()
        builder.add_view_no_menu(self.auth_view)
        for view in (self.auth_view, builder.add_view_no_menu(SecondFactorView), builder.add_api(self.security_api)):
            self.limit_posts(view)
        self.user_view = builder.add_view(
            self.user_view, "Users", label=_l("Users"), icon="fa-user", category="System", category_label=_l("System")
        )
        builder.add_view(
            self.rolemodelview, "Roles", label=_l("Roles and rights"), icon="fa-user-gear", category="System"
        )

    def reset_password(self, userid: Any, password: str) -> None:
        """``flask fab reset-password``: by the rules, and the person changes it when he signs in first."""
        ctx = acting()
        with said_plainly(), unit_of_work(ctx):
            user = self.get_user_by_id(userid)
            check_new_password(ctx, user, password)
            set_password(ctx, user, password, is_own=False)

    def add_user(self, *args: Any, **kwargs: Any) -> Any:
        """``flask fab create-user``: by the rules, and the person changes the password when he signs in first."""
        names = ("username", "first_name", "last_name", "email", "role", "password")
        given = dict(zip(names, args, strict=False)) | kwargs
        password = given.get("password") or ""
        if not password:
            return super().add_user(*args, **kwargs)
        with said_plainly():
            check_password(password, [str(given.get(name) or "") for name in names[:4]])
        user = super().add_user(*args, **kwargs)
        if user:
            ctx = acting()
            with unit_of_work(ctx):
                security_of(ctx, user.id).must_change_password = True
        return user
