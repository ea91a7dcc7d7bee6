"""What a person keeps of a list: filters under a name, shared or his own, the first one, and the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import flash, redirect, request
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.errors import DomainError, NotFoundError, PermissionDeniedError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.services.saved_list import actions
from models.saved_list import SavedList
from views.adapter import guarded
from views.arrangement import PLAIN, VIEW, address_of, can_be_kept, chosen_columns, is_open, offered_columns
from views.base import ENTITIES, EntityDeclaration
from views.context import web_context
from views.forms import is_id, own_address
from views.listpage import list_args
from views.records import load

SEE_OTHER = 303
MOST_ARGUMENTS = 100


class SavedListView(BaseView):
    """The acts behind the menus over a list. Each asks for the right to the list itself as well."""

    route_base = "/lists"
    class_permission_name = "saved_list"
    default_view = "save"
    base_permissions = ["can_own", "can_share"]

    @expose("/save/<entity>", methods=("POST",))
    @guarded("own")
    def save(self, entity: str) -> Any:
        """Keeps the filter, order and columns of the list that the form stood on."""
        ctx, view = web_context(), _view(entity)
        asked = list_args(parse_qsl(urlsplit(own_address(request.form.get("back"), "")).query, keep_blank_values=False))
        asked = [pair for pair in asked[:MOST_ARGUMENTS] if pair[0] == "q" or is_open(ctx, view, *pair)]
        wanted = [(key, value) for key, value in asked if can_be_kept(view, key)]
        columns = _columns(ctx, view, request.form.get("shown", "").split(","))
        name = request.form.get("name", "")

        def act() -> SavedList:
            values = load(ctx, actions.NameInput, {"name": name})
            made = actions.keep(ctx, entity, values["name"], wanted, columns)
            if request.form.get("default"):
                actions.arrange(ctx, entity, default_id=made.id)
            return made

        made = _done(ctx, act)
        if made is None:
            return self._back(view)
        flash(_("Saved: %(name)s", name=made.name), "success")
        if len(wanted) < len(asked):
            flash(_("What was searched for about persons is not kept with it."), "warning")
        return redirect(address_of(ctx, view, made), SEE_OTHER)

    @expose("/columns/<entity>", methods=("POST",))
    @guarded("own")
    def columns(self, entity: str) -> Any:
        """The columns of the list in their order; those of the filter that is open, where it has its own."""
        ctx, view = web_context(), _view(entity)
        reset = "reset" in request.form
        columns = [] if reset else _columns(ctx, view, request.form.getlist("column"))

        def act() -> Any:
            active = _active(ctx)
            if active is not None and active.columns and active.owner_id == ctx.actor.id:
                active.columns = columns
            return actions.arrange(ctx, entity, columns=columns)

        _done(ctx, act)
        return self._back(view)

    @expose("/default/<entity>", methods=("POST",))
    @guarded("own")
    def default(self, entity: str) -> Any:
        """The filter that the list opens with, or none."""
        ctx, view = web_context(), _view(entity)
        raw = request.form.get("id", "")

        def act() -> Any:
            found = actions.find(ctx, int(raw)) if is_id(raw) and raw != PLAIN else None
            if found is not None and found.entity != entity:
                raise NotFoundError
            return actions.arrange(ctx, entity, default_id=found.id if found else None)

        if _done(ctx, act) is not None:
            said = _("The list opens without a filter.") if raw == PLAIN else _("The list opens with this filter.")
            flash(said, "success")
        return self._back(view)

    @expose("/<int:pk>/rename", methods=("POST",))
    @guarded("own")
    def rename(self, pk: int) -> Any:
        """Another name for one's own filter."""
        return self._change(pk, lambda ctx: actions.rename(ctx, pk, load(ctx, actions.NameInput, _name())["name"]))

    @expose("/<int:pk>/share", methods=("POST",))
    @guarded("share")
    def share(self, pk: int) -> Any:
        """Shares a filter with a role, or takes that back."""
        return self._change(pk, lambda ctx: actions.share(ctx, pk, request.form.get("role") or None))

    @expose("/<int:pk>/delete", methods=("POST",))
    @guarded("own")
    def delete(self, pk: int) -> Any:
        """Deletes one's own filter."""
        ctx = web_context()
        view = _view(actions.find(ctx, pk).entity)
        name = _done(ctx, lambda: actions.remove(ctx, pk))
        if name is None:
            return self._back(view)
        flash(_("Deleted: %(name)s", name=name), "success")
        return redirect(f"{view.url('list')}?{VIEW}={PLAIN}", SEE_OTHER)

    def _change(self, pk: int, act: Callable[[Context], SavedList]) -> Any:
        ctx = web_context()
        view = _view(actions.find(ctx, pk).entity)
        if _done(ctx, lambda: act(ctx)) is not None:
            flash(_("Saved."), "success")
        return self._back(view)

    def _back(self, view: type[EntityDeclaration]) -> Any:
        return redirect(own_address(request.form.get("back"), view.url("list")), SEE_OTHER)


def _view(entity: str) -> type[EntityDeclaration]:
    """The declaration of a list that the person may see. Raises NotFoundError."""
    view = ENTITIES.get(entity)
    if view is None or not view.may(web_context().actor, "list"):
        raise NotFoundError
    return view


def _name() -> dict[str, str]:
    return {"name": request.form.get("name", "")}


def _columns(ctx: Context, view: type[EntityDeclaration], asked: Sequence[str]) -> list[str]:
    """The columns that were ticked and that there are; nothing ticked is nothing arranged."""
    names = [name for name in asked if name]
    return chosen_columns(view, offered_columns(ctx.actor, view), names) if names else []


def _active(ctx: Context) -> SavedList | None:
    raw = dict(parse_qsl(urlsplit(own_address(request.form.get("back"), "")).query)).get(VIEW, "")
    return actions.find(ctx, int(raw)) if is_id(raw) and raw != PLAIN else None


def _done(ctx: Context, act: Callable[[], Any]) -> Any:
    """What was done, or None where it was refused and the person told why."""
    try:
        with unit_of_work(ctx):
            return act()
    except (NotFoundError, PermissionDeniedError) as error:
        if isinstance(error, NotFoundError):
            raise
        flash(str(error), "danger")
    except ValidationFailedError as error:
        for texts in error.fields.values():
            flash(" ".join(str(text) for text in texts), "danger")
    except DomainError as error:
        flash(str(error), "danger")
    return None
