"""Declares the workflows of the slice."""

from __future__ import annotations

from app.services.amendment.cancelling import CANCELLATION

__all__ = ["CANCELLATION"]
