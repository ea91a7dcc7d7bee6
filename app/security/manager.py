"""The security manager: every permission check of the framework ends in one decision over one set a request.

What is left out of the framework's own screens: groups, statistics, permissions, registration, and every route
that deletes, downloads or changes by GET. Nobody gets a right by being called Admin.
"""

from __future__ import annotations

from typing import Any

import click
from flask import current_app, g, has_request_context
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.menu import MenuItem
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_babel import lazy_gettext as _l
from flask_limiter import Limiter

from app.extensions import limiter
from app.kernel.context import Actor
from app.security.accounts import (
    LoginView,
    OwnNameView,
    OwnPasswordView,
    PasswordResetView,
    RoleView,
    TokenApi,
    UserView,
)
from app.security.actors import current_actor
from app.security.departments import ADMIN
from app.security.directory_accounts import check_password as check_directory
from app.security.entering import SignInRefusedError
from app.security.naming import dotted
from app.security.passwords import check_password


def require_password(password: str) -> None:
    """Checks a password; on the command line the refusal is a sentence, not a traceback."""
    try:
        check_password(password)
    except PasswordComplexityValidationError as error:
        if has_request_context():
            raise
        raise click.ClickException(str(error)) from error


class ZhidanSecurityManager(SecurityManager):
    """Rights from the framework's tables, read once a request; unknown means no."""

    userdbmodelview = UserView
    rolemodelview = RoleView
    authdbview = LoginView
    resetpasswordview = PasswordResetView
    resetmypasswordview = OwnPasswordView
    userinfoeditview = OwnNameView
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
        permission = f"can_{view.get_method_permission(view.default_view)}"
        return actor.may(dotted(permission, view.class_permission_name))

    def register_views(self) -> None:
        """The framework's own screens that are used here, guarded; the login by screen and by token limited alike."""
        builder = self.appbuilder
        self.user_view, self.auth_view = self.userdbmodelview, self.authdbview()
        for view in (self.userinfoeditview, self.resetpasswordview, self.resetmypasswordview):
            builder.add_view_no_menu(view())
        builder.add_view_no_menu(self.auth_view)
        token_api = builder.add_api(self.security_api)
        if self.is_auth_limited:
            for view in (self.auth_view, token_api):
                self.limiter.limit(self.auth_rate_limit, methods=["POST"])(view.blueprint)
        self.user_view = builder.add_view(
            self.user_view, "Users", label=_l("Users"), icon="fa-user", category="System", category_label=_l("System")
        )
        builder.add_view(
            self.rolemodelview, "Roles", label=_l("Roles and rights"), icon="fa-user-gear", category="System"
        )

    def auth_user_db(self, username: Any, password: Any) -> Any:
        """As the framework does; for accounts of the company directory the directory is asked."""
        try:
            return check_directory(self, username, password, super().auth_user_db)
        except SignInRefusedError as refusal:
            g.zhidan_refusal = refusal
            raise

    def reset_password(self, userid: Any, password: str) -> None:
        """As the framework does, after the policy has looked at it: the command line comes this way too."""
        require_password(password)
        super().reset_password(userid, password)

    def add_user(self, *args: Any, **kwargs: Any) -> Any:
        """As the framework does; a password in clear text must meet the policy."""
        password = kwargs.get("password") or (args[5] if len(args) > 5 else "")  # noqa: PLR2004 - place in the call
        if password:
            require_password(password)
        return super().add_user(*args, **kwargs)
