"""How much one person may ask for in a minute. What costs the machine more takes more of it.

The limits of the sign-in are by address and stand in ``app.security``; this one keeps a single account, or a program
with its token, from taking the panel away from everybody else.
"""

from __future__ import annotations

import hashlib

from flask import current_app, request, session
from flask_limiter import ApplicationLimit
from flask_limiter.util import get_remote_address

# By the last word of the endpoint; everything else is one.
COSTS = {
    **dict.fromkeys(("make_export", "export", "fetch_export", "use", "upload", "map_columns", "run"), 30),
    **dict.fromkeys(("chart", "card", "rows", "figures", "paste", "find", "attach", "hold"), 5),
}
SEARCH = 3
PDF = 30


def person() -> str:
    """Who is counted: the signed-in user, the token of a program, or the address of a stranger."""
    if user_id := session.get("_user_id"):
        return f"user {user_id}"
    if held := request.headers.get("Authorization"):
        return hashlib.sha256(held.encode("utf-8", "replace")).hexdigest()
    return str(get_remote_address())


def cost() -> int:
    """What this request takes."""
    if request.args.get("format") == "pdf":
        return PDF
    word = (request.endpoint or "").rpartition(".")[2]
    return COSTS.get(word, SEARCH if request.args.get("q") else 1)


def budget() -> str:
    """The limit of the settings."""
    return str(current_app.config["PERSON_RATE_LIMIT"])


PERSON = ApplicationLimit(limit_provider=budget, key_function=person, cost=cost, scope="person")
