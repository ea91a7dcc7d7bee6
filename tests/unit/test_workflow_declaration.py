"""A declaration that contradicts itself stops the program when it starts."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.kernel.duties import Duty
from app.kernel.workflow import DeclarationError, Step, Workflow


class Light(StrEnum):
    """States of a made-up record."""

    red = "red"
    green = "green"
    off = "off"


class Lamp:
    """A made-up record."""


GO = Step("go", "Go", (Light.red,), Light.green, permission="go")
NO_SUCH = Duty(1, ("lamp.x",), "Whoever took x.")
STOP = Step("stop", "Stop", (Light.green,), Light.red)
SWITCH_OFF = Step("switch_off", "Off", (Light.red, Light.green), Light.off)


@pytest.fixture(autouse=True)
def _register(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register of its own: what is made up here must not stand among the workflows of the panel."""
    monkeypatch.setattr("app.kernel.workflow._registry", {})


def declare(*steps: Step, final: tuple[Light, ...] = (Light.off,)) -> Workflow:
    """A workflow of the made-up record."""
    return Workflow("lamp", Lamp, Light, Light.red, final, steps)


def test_workflow_when_sound_then_steps_and_permissions_follow() -> None:
    workflow = declare(GO, STOP, SWITCH_OFF)
    assert [step.name for step in workflow.steps_from(Light.green)] == ["stop", "switch_off"]
    assert workflow.permission(GO) == "lamp.go"
    assert workflow.permission(STOP) is None
    assert "red --> green: go" in workflow.mermaid()


@pytest.mark.parametrize(
    ("steps", "final", "what"),
    [
        ((GO, GO, SWITCH_OFF), (Light.off,), "declared twice"),
        ((GO, STOP), (Light.off,), "nothing leads to"),
        ((GO, SWITCH_OFF), (), "without a way out"),
        ((Step("can_go", "Go", (Light.red,), Light.green), STOP, SWITCH_OFF), (Light.off,), "cannot be called"),
        ((Step("go", "Go", (), Light.green), STOP, SWITCH_OFF), (Light.off,), "starts nowhere"),
        (
            (GO, Step("stop", "Stop", (Light.green,), Light.red, not_by=(NO_SUCH,)), SWITCH_OFF),
            (Light.off,),
            "unknown",
        ),
    ],
)
def test_workflow_when_contradictory_then_refused(steps: tuple[Step, ...], final: tuple[Light, ...], what: str) -> None:
    with pytest.raises(DeclarationError, match=what):
        declare(*steps, final=final)
