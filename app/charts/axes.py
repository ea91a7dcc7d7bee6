"""What figures are grouped by, made from columns: weeks to years of a moment or a day, words of a vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.definition import NOT_GIVEN, Axis, Chart
from app.charts.moments import Grain, bucket, text_of
from models.base import Base
from models.labels import label_of

GRAIN_LABELS = {Grain.week: _l("Week"), Grain.month: _l("Month"), Grain.quarter: _l("Quarter"), Grain.year: _l("Year")}


def time_axis(column: Any, grain: Grain, *, nothing: Any = NOT_GIVEN) -> Axis:
    """The axis of local weeks, months, quarters or years of a column."""

    def text(key: date) -> str:
        return text_of(key, grain)

    return Axis(
        grain.value,
        GRAIN_LABELS[grain],
        bucket(column, grain),
        grain=grain,
        text=text,
        nothing=nothing,
        column=_place(column),
        moment=column,
    )


def word_axis(column: Any, *, nothing: Any = NOT_GIVEN) -> Axis:
    """The axis of a column with a vocabulary: every word in its order."""
    return _words(column.class_, column.key, column, nothing=nothing)


def plain_axis(column: Any, *, nothing: Any = NOT_GIVEN) -> Axis:
    """The axis of whatever values stand in a column of text."""
    model, name = column.class_, column.key
    return Axis(name, _label(model, name), column, nothing=nothing, column=(model, name))


def choice_axis(chart: Chart, name: str) -> Axis:
    """A filter of a chart as an axis."""
    column = getattr(chart.subject, name)
    return _words(chart.subject, name, column if chart.source is None else sa.column(name, column.type))


def _words(model: type[Base], name: str, key: Any, *, nothing: Any = NOT_GIVEN) -> Axis:
    words: Any = model.__table__.columns[name].type
    text: Callable[[Any], Any] = label_of
    return Axis(
        name,
        _label(model, name),
        key,
        words=tuple(words.enum_class),
        text=text,
        nothing=nothing,
        column=(model, name),
    )


def _label(model: type[Base], name: str) -> Any:
    return model.__table__.columns[name].info["label"]


def _place(column: Any) -> tuple[type[Base], str] | None:
    model = getattr(column, "class_", None)
    return None if model is None else (model, column.key)
