"""The framework's screens for accounts and roles, with what they let pass by default closed.

Rights decide nothing here by themselves: whoever may edit users could make himself anything. What a save may not
do is asked of the database before the form fills the row, because the edited row and the signed-in user can be the
same object in memory.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder.actions import action as link
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.security.forms import SelectDataRequired
from flask_appbuilder.security.sqla.models import Role, User, assoc_user_role
from flask_appbuilder.security.views import RoleModelView, UserDBModelView
from flask_appbuilder.views import expose
from flask_appbuilder.widgets import ListWidget, ShowWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.kernel.errors import DomainError
from app.kernel.holders import holders
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting
from app.security.actors import current_actor, person_name
from app.security.departments import ADMIN, SECURITY, TECHNICAL_ROLES, label_of_role
from app.security.rolechanges import dangerous_roles, propose_roles
from app.security.seen import SeenForm, mark_of
from app.security.wording import (
    call_choices,
    count,
    minute,
    person_text,
    role_text,
    roles_text,
    yes_no,
)

# Built in ``views``, which this layer does not know.
ACCESS_PAGE = "UserAccessView.page"
# Longer digits fit no id and no page.
LONGEST_NUMBER = 6


class AccountError(DomainError):
    """A change of users or roles that nobody may make."""

    code = "account_refused"
    status = 409


def stored_roles(session: Session, user_id: int) -> set[str]:
    """The role names of a user as the database has them."""
    statement = sa.select(Role.name).join(assoc_user_role, assoc_user_role.c.role_id == Role.id)
    return set(session.scalars(statement.where(assoc_user_role.c.user_id == user_id)))


def other_holders(session: Session, user_id: int, code: str) -> int:
    """How many other active users hold a role."""
    return len(holders(session, code) - {user_id})


def check_account(session: Session, user_id: int | None, wanted: set[str], *, active: bool) -> None:
    """Raises AccountError: own rights stay, administration stands alone, the last administrator stays.

    Args:
        user_id: the edited user; None for a new one.
        wanted: the names of the roles that were chosen.
    """
    if len(wanted) > 1 and wanted & set(TECHNICAL_ROLES):
        raise AccountError(_l("A technical role stands alone: use a second account for daily work."))
    if user_id is None:
        return
    # One at a time: two who switch each other off would each see the other one still there.
    session.execute(sa.select(Role.id).where(Role.name.in_((ADMIN, SECURITY))).order_by(Role.id).with_for_update())
    before = stored_roles(session, user_id)
    if user_id == current_actor().id and (wanted != before or not active):
        raise AccountError(_l("Nobody changes his own roles: ask another administrator."))
    for code in (ADMIN, SECURITY):
        is_lost = code in before and (code not in wanted or not active)
        if is_lost and other_holders(session, user_id, code) == 0:
            raise AccountError(_l("The last administrator of this kind stays: appoint another one first."))


def is_usable(name: str, value: str) -> bool:
    """Whether the framework can do something with an argument of its lists; what it cannot, it answers with a 500."""
    if name.startswith(("psize_", "page_")):
        return value.isascii() and value.isdecimal() and len(value) <= LONGEST_NUMBER
    if not name.startswith("_flt_"):
        return True
    column = name.rpartition("_")[2]
    if column == "roles":
        return value.isascii() and value.isdecimal() and len(value) <= LONGEST_NUMBER
    return value == "y" if column == "active" else "\x00" not in value


class UserList(ListWidget):
    """The list of users as tables of ours look."""

    template = "zhidan/widgets/users.html"


class UserView(UserDBModelView):
    """Users. Nobody is deleted: an account that has acted is switched off."""

    class_permission_name = "user"
    base_permissions = ["can_list", "can_show", "can_add", "can_edit"]
    exclude_route_methods = {"delete", "download", "action_post", "userinfo"}
    list_title, add_title, edit_title = _l("Users"), _l("Add user"), _l("Edit user")
    label_columns = {
        **UserDBModelView.label_columns,
        "username": _l("User name"),
        "last_name": _l("Last name"),
        "first_name": _l("First name"),
        "email": _l("E-mail"),
        "active": _l("Active"),
        "roles": _l("Roles"),
        "last_login": _l("Last sign-in"),
    }
    # The framework's own tell of ways to sign in that there are not.
    description_columns = {
        "username": _l("What the person signs in with."),
        "active": _l("People are not deleted but switched off."),
        "roles": _l("They decide what the person may do."),
    }
    list_widget = UserList
    show_fieldsets = [
        (_l("User info"), {"fields": ["username", "last_name", "first_name", "email", "active", "roles"]}),
        (
            _l("Audit Info"),
            {
                "fields": [
                    *("last_login", "login_count", "fail_login_count"),
                    *("created_on", "created_by", "changed_on", "changed_by"),
                ],
                "expanded": False,
            },
        ),
    ]
    list_columns = ["username", "last_name", "first_name", "active", "roles"]
    # No administrator chooses a password: the next page makes one that works once.
    add_columns = ["username", "last_name", "first_name", "email", "active", "roles"]
    add_form_extra_fields: dict[str, Any] = {}
    # The framework's links to its own forms: passwords and names are changed on the page of the account.
    resetmypassword = userinfoedit = resetpasswords = None
    edit_columns = ["username", "last_name", "first_name", "email", "active", "roles"]
    search_columns = ["username", "last_name", "first_name", "active", "roles"]
    order_columns = ["username", "last_name", "first_name", "active"]
    base_order = ("username", "asc")
    validators_columns = {"roles": [SelectDataRequired()]}
    formatters_columns = {
        "roles": roles_text,
        "active": yes_no,
        **dict.fromkeys(("last_login", "created_on", "changed_on"), minute),
        **dict.fromkeys(("created_by", "changed_by"), person_text),
        **dict.fromkeys(("login_count", "fail_login_count"), count),
    }

    def _init_forms(self) -> None:
        super()._init_forms()
        call_choices(self, "roles", role_text)
        self.edit_form = type("SeenUserForm", (SeenForm, self.edit_form), {})  # type: ignore[has-type]

    def prefill_form(self, form: Any, pk: Any) -> None:
        """The form remembers what it shows."""
        form.seen.data = mark_of(self.datamodel.get(pk))

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: Any) -> Any:
        """The form; 409 where somebody was faster, with everything that was typed."""
        page = super().edit(pk)
        return (page, AccountError.status) if g.pop("zhidan_is_stale", False) else page

    def process_form(self, form: Any, is_created: bool) -> None:  # noqa: FBT001 - the framework's signature
        """Checks what was chosen before the row is touched: a refused row would stay changed in the session.

        Roles that one administrator does not give alone are left out of the form and proposed to a second one.
        """
        session = self.datamodel.session
        wanted = {role.name for role in form.roles.data}
        user_id = None if is_created else int(form._id)  # noqa: SLF001 - where the framework keeps it
        check_account(session, user_id, wanted, active=bool(form.active.data))
        before = stored_roles(session, user_id) if user_id is not None else set()
        waiting = dangerous_roles(acting(session=session), before, wanted)
        if waiting:
            form.roles.data = [role for role in form.roles.data if role.name not in waiting]
            g.zhidan_waiting_roles = waiting

    def post_update(self, item: User) -> None:
        """Asks the second administrator for what the form left out."""
        self._propose(item)

    def _propose(self, user: User) -> None:
        waiting = g.pop("zhidan_waiting_roles", None)
        if not waiting:
            return
        with unit_of_work(acting(session=self.datamodel.session)) as ctx:
            proposal = propose_roles(ctx, user, waiting, str(_l("Chosen on the form of the person.")))
            number = str(proposal)
        flash(
            _("%(number)s waits for a second administrator: these roles are not yet in force.", number=number), "info"
        )

    @expose("/list/", methods=["GET"])
    @has_access
    def list(self) -> Any:
        """The list; arguments that fit nothing are left out and said."""
        asked = [*request.args.items(multi=True)]
        kept = [(name, value) for name, value in asked if is_usable(name, value)]
        if kept == asked:
            return super().list()
        flash(_("What the address asked for does not fit this list and was left out."), "warning")
        return redirect(url_for(".list") + (f"?{urlencode(kept)}" if kept else ""))

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        """One of the links to the password forms; unknown names and missing rights answer as everywhere."""
        if name not in self.actions:
            abort(404)
        if not self.appbuilder.sm.has_access(self.get_action_permission_name(name), self.class_permission_name):
            if current_user.is_authenticated:
                abort(403)
            return redirect(self.appbuilder.get_url_for_login)
        user = self.datamodel.get(pk, self._base_filters)
        if user is None:
            abort(404)
        return self.actions[name].func(user)

    def pre_add(self, item: User) -> None:
        """An account without a password lets nobody in until one is made."""
        item.password = None

    def post_add(self, item: User) -> None:
        """Remembers who was added, for the page that follows; asks the second administrator for what was left out."""
        g.zhidan_added_user = item.id
        self._propose(item)

    def post_add_redirect(self) -> Any:
        """To the page that makes the first password."""
        added = g.get("zhidan_added_user")
        may = self.appbuilder.sm.has_access("can_access", self.class_permission_name)
        return redirect(url_for(ACCESS_PAGE, pk=added)) if added and may else super().post_add_redirect()

    def render_template(self, template: str, **kwargs: Any) -> Any:
        """The framework's pages, called after the person, with the way that leads to them."""
        pk = (request.view_args or {}).get("pk")
        item = self.datamodel.get(pk, self._base_filters) if pk else None
        way: list[tuple[str, str | None]] = [(str(self.list_title), url_for("UserView.list"))]
        if item is not None:
            is_form = template == self.edit_template
            name = person_name(item)
            way.append((name, url_for("UserView.show", pk=pk) if is_form else None))
            way += [(str(self.edit_title), None)] if is_form else []
            kwargs["title"] = name
        elif template != self.list_template:
            way.append((str(kwargs["title"]), None))
        return super().render_template(template, crumbs=way, **kwargs)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        """A user, with the way to his sign-in."""
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            abort(404)
        may = self.appbuilder.sm.has_access("can_access", self.class_permission_name)
        widgets = self._get_show_widget(pk, item, actions={"access": self.actions["access"]} if may else {})
        self.update_redirect()
        return self.render_template(
            self.show_template,
            pk=pk,
            title=self.show_title,
            widgets=widgets,
            appbuilder=self.appbuilder,
            related_views=self._related_views,
        )

    @link("access", _l("Sign-in and sessions"), "", "fa-key", multiple=False)
    def access(self, item: User) -> Any:
        """To the page about password, second factor, lock and sessions of a user."""
        return redirect(url_for(ACCESS_PAGE, pk=item.id))


def role_link(code: str) -> Markup:
    """A role in the list, leading to its page."""
    return Markup('<a href="{}">{}</a>').format(url_for("RightsView.role", code=code), label_of_role(code))


class RoleView(RoleModelView):
    """The roles; their rights are changed on the pages of the rights matrix.

    A role is never deleted: people, the journal and row scopes speak of it.
    """

    class_permission_name = "role"
    base_permissions = ["can_list", "can_show", "can_add", "can_edit", "can_preview"]
    exclude_route_methods = {"delete", "download", "action", "action_post"}
    list_title = _l("Roles and rights")
    list_widget = ListWidget
    show_widget = ShowWidget
    list_columns = ["name"]
    search_columns = ["name"]
    base_order = ("name", "asc")
    copy_role = None
    formatters_columns = {"name": role_link}

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """To the page of the role."""
        return redirect(url_for("RightsView.role", code=self._code(pk)))

    @expose("/edit/<pk>", methods=["GET"])
    @has_access
    def edit(self, pk: str) -> Any:
        """To the page of the role, which is its form for whoever may change it."""
        return redirect(url_for("RightsView.role", code=self._code(pk)))

    @expose("/add", methods=["GET"])
    @has_access
    def add(self) -> Any:
        """To the form of a new role."""
        return redirect(url_for("RightsView.add"))

    def _code(self, pk: str) -> str:
        """The name of a role; an unknown one is not found."""
        is_key = pk.isascii() and pk.isdecimal() and len(pk) < 10  # noqa: PLR2004 - fits an INTEGER
        code = self.datamodel.session.scalar(sa.select(Role.name).where(Role.id == int(pk))) if is_key else None
        if code is None:
            abort(404)
        return str(code)
