"""How often masks were lifted, by month and by person (domain/08 K36)."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.charts.axes import plain_axis, time_axis
from app.charts.definition import Chart, Figure, Kind, Measure, Period
from app.charts.moments import Grain
from models.journal import Journal

LIFTED = ".reveal"

MASKS_LIFTED = Chart(
    name="masks_lifted",
    label=_l("Masks lifted"),
    department="committee",
    subject=Journal,
    axes=(
        time_axis(Journal.at, Grain.month),
        replace(plain_axis(Journal.actor_name), label=_l("Person")),
    ),
    measures=(Measure("lifted", _l("Masks lifted"), sa.func.count()),),
    figures=(Figure("lifted", _l("Personal data shown in full"), Kind.bar, ("lifted",)),),
    period=Period("at", _l("When")),
    where=(Journal.action.endswith(LIFTED, autoescape=True),),
    drill=(("action__contains", LIFTED),),
    note=_l("Each time somebody lifted the masks of a record with a reason; the entries behind a figure say why."),
)
