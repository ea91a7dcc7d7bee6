"""Every address of the panel, from the application's own map, with the right that it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from app.kernel.workflow import Workflow
from views.base import ENTITIES, INLINE_ROUTES

API = "/api/"
NOBODY = "nobody"
NOT_OURS = {"static", "appbuilder.static"}
# What stands in an address besides ids, steps and names; a new kind must be added here.
SAMPLES: dict[str, Any] = {
    "locale": "en",
    "batch_no": "IM-20260101-0001",
    "digest": "0" * 64,
    "way": "feishu",
    "code": "order_center",
    "item": 1,
    "entry": 1,
    "export_no": "DC-20260101-0001",
    "request_no": "DQ-20260101-0001",
    "mark": "0" * 24,
    "entity": "order",
    "token": "x" * 24,
}


@dataclass(frozen=True)
class Visit:
    """One request. ``right`` is None where being signed in is enough; ``and_right`` is needed as well."""

    method: str
    url: str
    endpoint: str
    right: str | None
    or_right: str | None = None
    entity: str | None = None
    is_record: bool = False
    and_right: str | None = None

    def is_open_to(self, permissions: frozenset[str]) -> bool:
        """Whether somebody with these rights gets past the door."""
        if self.right is None:
            return True
        if self.and_right is not None and self.and_right not in permissions:
            return False
        return self.right in permissions or (self.or_right is not None and self.or_right in permissions)

    @property
    def is_system_step(self) -> bool:
        """A step that only the system fires."""
        return self.right is not None and self.right.endswith(f".{NOBODY}")

    @property
    def is_api(self) -> bool:
        """Whether a token is needed instead of a cookie."""
        return self.url.startswith(API)


def visits(app: Flask, ids: dict[str, int]) -> Iterator[Visit]:
    """All requests; ``ids`` names a record of each entity."""
    by_endpoint = {type(view).__name__: view for view in app.extensions["appbuilder"].baseviews}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NOT_OURS:
            continue
        view = by_endpoint[rule.endpoint.split(".")[0]]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for arguments in _arguments(rule, view, ids):
                yield _visit(rule, method, view, arguments)


def without_twins(found: Iterable[Visit]) -> Iterator[Visit]:
    """Of the steps that a list offers for many rows only the first: with nothing chosen, all of them say the same."""
    seen: set[str] = set()
    for visit in found:
        if visit.endpoint.endswith(".bulk"):
            if visit.endpoint in seen:
                continue
            seen.add(visit.endpoint)
        yield visit


def _entity(view: Any) -> str | None:
    name = getattr(view, "class_permission_name", None)
    return name if name in ENTITIES else None


def _workflow(view: Any) -> Workflow | None:
    entity = _entity(view)
    return ENTITIES[entity].workflow() if entity else None


def _arguments(rule: Rule, view: Any, ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    names = rule.arguments
    base: dict[str, Any] = {}
    if "pk" in names:
        base["pk"] = ids.get(_entity(view) or view.class_permission_name, 1)
    for name in names - {"pk", "step", "name"}:
        base[name] = SAMPLES[name]
    if "step" in names:
        workflow = _workflow(view)
        for step in workflow.steps if workflow else ():
            yield {**base, "step": step.name}
    elif "name" in names:
        for name in _names(rule, view):
            yield {**base, "name": name}
    else:
        yield base


def _names(rule: Rule, view: Any) -> list[str]:
    if rule.endpoint == "UserView.action":
        return list(view.actions)
    if rule.endpoint.startswith("ChartApi"):
        return [word.removeprefix("can_") for word in view.base_permissions]
    if rule.endpoint.endswith((".paper", ".check")):
        return [paper.name for paper in view.papers]
    if rule.endpoint.endswith(".cell"):
        return [getattr(type(view), "cells", ())[0]]  # one right for all of them
    # Tabs: one that there is not, and one for each related table.
    related = getattr(type(view), "related_views", None) or []
    return ["history", *(child.entity() for child in related)]


def _visit(rule: Rule, method: str, view: Any, arguments: dict[str, Any]) -> Visit:
    url = rule.build({**arguments, "_external": False}, append_unknown=False)
    assert url is not None, rule
    name = rule.endpoint.split(".")[1]
    entity = _entity(view)
    if name == "search" and entity is not None:
        # Relation fields ask for names and numbers; whoever may see one record may choose one.
        return Visit(method, url[1], rule.endpoint, f"{entity}.list", f"{entity}.show", entity)
    if name in INLINE_ROUTES and entity is not None:
        # What a form asks while it is filled in: whoever may send it, new or changed.
        return Visit(method, url[1], rule.endpoint, f"{entity}.add", f"{entity}.edit", entity)
    also = f"{arguments['name']}.list" if name == "tab" and arguments["name"] in ENTITIES else None
    return Visit(method, url[1], rule.endpoint, _right(name, view, arguments), None, entity, "pk" in arguments, also)


def _right(name: str, view: Any, arguments: dict[str, Any]) -> str | None:
    """The right a route asks for, read off the declaration: the step's, or the word the method is marked with."""
    if "step" in arguments:
        workflow = _workflow(view)
        step = workflow.step(arguments["step"]) if workflow else None
        assert workflow is not None
        assert step is not None
        return workflow.permission(step) or f"{workflow.name}.{NOBODY}"
    if name == "action":
        return f"user.{arguments['name']}"
    word = (view.method_permission_name or {}).get(name) or getattr(getattr(view, name), "_permission_name", None)
    if name == "figures":
        word = arguments["name"]
    return f"{view.class_permission_name}.{word}" if word else None
