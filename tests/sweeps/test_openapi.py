"""The API against its own description: nothing that it allows is a server error, and every answer is as it says.

For each role, every operation of its description is called with values made from the description (and with values
that contradict it), on records that exist and on none. The values are the same in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from app.security.scopes import scope_of
from tests.sweeps.depth import FULL
from tests.sweeps.people import ALONE, Asker, add_crowd
from views.base import ENTITIES

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

pytestmark = pytest.mark.stage("demo")

ROLES = ("order_center", "finance", "customer_service", "production", "logistics", "auditor", "committee", "admin")
EXAMPLES = 10 if FULL else 2
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
NOTHING = 987_654


def wanted_checks() -> list[Any]:
    """The checks of answers; what clients may send is not judged here."""
    load_all_checks()
    return [check for check in CHECKS.get_all() if check.__name__ in WANTED]


def ids_of(session: Session, asker: Asker) -> dict[str, int]:
    """A record of each entity that the person may see."""
    found = {
        name: session.scalar(sa.select(sa.func.max(view.model().id)).where(scope_of(name, asker.actor)))
        for name, view in ENTITIES.items()
    }
    session.rollback()
    return {name: pk for name, pk in found.items() if pk is not None}


def try_out(operation: Any, asker: Asker, pk: int, checks: list[Any]) -> None:
    """Calls an operation with values of its description; raises what a check finds."""
    strategy = operation.as_strategy()
    if FULL and operation.method != "get":
        strategy = st.one_of(strategy, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, exists=st.booleans())
    def call(case: Any, exists: bool) -> None:
        if "pk" in case.path_parameters:
            case.path_parameters["pk"] = pk if exists else NOTHING
        case.call_and_validate(headers=asker.headers, checks=checks)

    call()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", ROLES if FULL else ROLES[:1])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"] if FULL else ["sqlite"], indirect=True)
def test_api_when_called_as_described_then_it_answers_as_described(app: Flask, session: Session, code: str) -> None:
    add_crowd(session)
    asker = Asker(app, session, f"{ALONE}{code}")
    ids, checks = ids_of(session, asker), wanted_checks()
    assert len(checks) == len(WANTED)
    schema = schemathesis.openapi.from_wsgi("/api/v1/_openapi", app, headers=asker.headers)
    wrong, count = [], 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1
        try:
            try_out(operation, asker, ids.get(operation.path.split("/")[3], NOTHING), checks)
        except (AssertionError, BaseExceptionGroup) as error:
            wrong.append(f"{operation.label}: {_first_lines(error)}")
    assert wrong == []
    assert count > 10


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_description_when_it_is_wrong_then_the_call_finds_it(app: Flask, session: Session) -> None:
    add_crowd(session)
    asker = Asker(app, session, f"{ALONE}order_center")
    document = asker.stranger.get("/api/v1/_openapi", headers=asker.headers).json
    answers = document["paths"]["/api/v1/order/"]["get"]["responses"]
    answers["204"] = answers.pop("200")
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    operation = schema["/api/v1/order/"]["get"]
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        try_out(operation, asker, NOTHING, wanted_checks())


def _first_lines(error: BaseException) -> str:
    inner = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
    return " ".join(str(inner).split())[:400]
