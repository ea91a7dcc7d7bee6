"""Every workaround for the framework, by subclassing only; ``tests/contract/test_fab_facts_web.py`` has the numbers.

* 1: the framework keeps a request's filters on the view object, which threads share. Nothing here uses ``_filters``.
* 6: its chart views load every row; ours draw what SQL has summed up.
* 7, 8, 32: its WTForms are not built; forms come from the input schemas.
* 9, 11, 14: its routes that delete, download and run actions are not registered.
* 13: ordering and page size arguments of its own are not read.
* 26: a screen and its API get the same permissions from the declaration.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, redirect, request
from flask_appbuilder import ModelView
from flask_appbuilder.charts.views import BaseChartView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.views import IndexView
from flask_babel import Domain
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.kernel.errors import PermissionDeniedError
from app.security.callers import verify_caller

P = ParamSpec("P")
R = TypeVar("R")

FRAMEWORK_ROUTES = frozenset({"action", "action_post", "delete", "download"})


class EntityInterface(SQLAInterface):
    """The framework's data model of a table. Queries are ours (``app.kernel.listing``), so nothing is overridden."""


class QuietModelView(ModelView):
    """A model view without the framework's forms, filters and unsafe routes."""

    exclude_route_methods = set(FRAMEWORK_ROUTES)

    def _init_forms(self) -> None:
        """Builds no WTForms: forms come from the input schemas (facts 7, 8, 32)."""

    def _init_properties(self) -> None:
        """Sets what the framework's templates and permission code read; no shared filters (fact 1)."""
        declared: Any = type(self)
        self.label_columns: dict[str, Any] = dict(declared.label_columns or {})
        self.related_views: list[Any] = list(declared.related_views or [])
        self._related_views: list[Any] = []
        self._base_filters = None
        self._filters = None

    def _init_titles(self) -> None:
        """Titles are labels of the table, translated when shown."""


class QuietChartView(BaseChartView):
    """A chart view without the framework's search form, filters (1, 32) and sums in Python (6)."""

    default_view = "chart"

    def _init_forms(self) -> None:
        """Builds no WTForms."""

    def _init_properties(self) -> None:
        """Sets what the framework's code reads; no shared filters."""
        declared: Any = type(self)
        self.label_columns: dict[str, Any] = dict(declared.label_columns or {})
        self._base_filters = None
        self._filters = None


class OpenIndexView(IndexView):
    """The framework registers the first page by this class; ``views.home`` fills it."""

    route_base = ""


class RequestDomain(Domain):
    """Finds the catalogue once a request.

    flask-babel asks for language and catalogue again for each of the hundreds of texts of a page. Its ``refresh`` and
    ``force_locale`` clear what is kept here.
    """

    def get_translations(self) -> Any:
        """The catalogue of this request's language."""
        kept = g.get("_flask_babel")
        found = getattr(kept, "babel_translations", None)
        if found is None:
            found = super().get_translations()
            if kept is not None:
                kept.babel_translations = found
        return found


def keep_catalogues(app: Flask) -> None:
    """Puts ``RequestDomain`` in the place of flask-babel's own, and a short way to it into the templates.

    Jinja's own way leads through two more calls and six looks at ``g``, for each of the hundreds of texts of a page.
    Call after the framework has set flask-babel up.
    """
    found = app.extensions["babel"]
    domain = found.instance.domain_instance = RequestDomain(domain=found.default_domain)

    @pass_eval_context
    def text(context: EvalContext, string: str, /, **variables: Any) -> str:
        told = domain.get_translations().ugettext(string)
        # A format string even without variables, as Jinja has it: a percent sign is written twice.
        return (Markup(told) if context.autoescape else told) % variables  # noqa: S704 # nosec B704

    app.jinja_env.globals.update({"gettext": text, "_": text})


def guarded(permission: str) -> Callable[[Callable[P, R]], Callable[P, Any]]:
    """Lets a screen method run for who holds the right; sends strangers to the login.

    The decision is the security manager's, as with the framework's ``has_access``; the refusal is a page with status
    403 instead of a redirect to the first page.
    """

    def wrap(method: Callable[P, R]) -> Callable[P, Any]:
        @functools.wraps(method)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Any:
            if (answer := login_needed()) is not None:
                return answer
            view: Any = args[0]
            requires_right(permission, view.class_permission_name)
            return method(*args, **kwargs)

        checked._permission_name = permission  # type: ignore[attr-defined] # noqa: SLF001 - read by the framework
        return checked

    return wrap


def login_needed() -> Any:
    """The way to the login for a stranger, None for who is signed in."""
    if current_user.is_authenticated:
        return None
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(current_app.appbuilder.get_url_for_login_with(target))  # type: ignore[attr-defined]


def by_token(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets an API method run for a token whose person holds the right; a cookie counts for nothing (fact 12)."""

    def wrap(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            verify_caller()
            view: Any = args[0]
            requires_right(permission, view.class_permission_name)
            return method(*args, **kwargs)

        checked._permission_name = permission  # type: ignore[attr-defined] # noqa: SLF001 - read by the framework
        return checked

    return wrap


def requires_right(permission: str, view_name: str) -> None:
    """Raises PermissionDeniedError; the security manager decides."""
    if not current_app.appbuilder.sm.has_access(f"can_{permission}", view_name):  # type: ignore[attr-defined]
        raise PermissionDeniedError
