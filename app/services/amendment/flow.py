"""Declares the workflows of the slice."""

from __future__ import annotations

from app.services.amendment.cancelling import CANCELLATION
from app.services.amendment.changing import CHANGE

__all__ = ["CANCELLATION", "CHANGE"]
