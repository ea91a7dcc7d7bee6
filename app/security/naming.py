"""The framework's words for rights and ours."""

from __future__ import annotations

from flask_appbuilder.const import PERMISSION_PREFIX


def dotted(permission_name: str, view_name: str) -> str:
    """The kernel's word for a right of the framework: ``can_confirm`` on ``order`` is ``order.confirm``."""
    return f"{view_name}.{permission_name.removeprefix(PERMISSION_PREFIX)}"
