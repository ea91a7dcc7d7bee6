"""What a vocabulary is made of: the type of its labels and the tones a state can have on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

# Kept by enum class first: members of two StrEnums with one value are equal, so one flat dictionary would mix them.
# The labels are lazy translations, which carry no type of their own.
Labels = Mapping[type[StrEnum], Mapping[Any, Any]]


class Tone(StrEnum):
    """How a state looks: the colour of its badge, never its only sign."""

    neutral = "neutral"
    info = "info"
    progress = "progress"
    success = "success"
    warning = "warning"
    danger = "danger"
