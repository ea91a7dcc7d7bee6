"""One limit for all ways in: refused attempts from one address, whichever way they take."""

from __future__ import annotations

import logging

from flask import current_app, request
from limits import RateLimitItem, parse
from werkzeug.exceptions import TooManyRequests

from app.extensions import limiter

log = logging.getLogger(__name__)
SCOPE = "refused-attempts"


def _limit() -> RateLimitItem | None:
    config = current_app.config
    if not (config["RATELIMIT_ENABLED"] and config["AUTH_RATE_LIMITED"]):
        return None
    return parse(str(config["AUTH_RATE_LIMIT"]))


def check_attempts() -> None:
    """Raises TooManyRequests where too many attempts from this address were refused."""
    limit = _limit()
    if limit is not None and not _asked("test", limit):
        raise TooManyRequests


def count_refusal() -> None:
    """Counts a refused attempt against its address."""
    limit = _limit()
    if limit is not None:
        _asked("hit", limit)


def _asked(what: str, limit: RateLimitItem) -> bool:
    try:
        return bool(getattr(limiter.limiter, what)(limit, SCOPE, request.remote_addr or ""))
    except Exception:  # the store of the counts is gone: the secrets themselves still hold
        log.exception("the store of the limits does not answer")
        return True
