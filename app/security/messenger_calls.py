"""Asks a messenger who has come: fixed hosts, no redirects, 5 s a question, small answers, every field looked at.

Addresses and errors of the calls hold secrets (WeCom takes them in the query), so none is ever logged or shown.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import requests
from flask_babel import lazy_gettext as _l

from app.security.entering import SignInRefusedError
from app.security.messengers import Call, Messenger, filled, settings_of
from config_outside import Access
from models.labels import label_of

log = logging.getLogger(__name__)
SECONDS = 5
MOST_BYTES = 64 * 1024
LONGEST_FIELD = 4096
LONGEST_SUBJECT = 128
LONGEST_NAME = 80
OK = 200
REFUSED = range(400, 500)
TOO_MANY = 429
# What a messenger gives an application holds for two hours; asked again well before.
KEPT_SECONDS = 5400


class MessengerDownError(SignInRefusedError):
    """No answer, or none that can be used."""

    code = "messenger_down"
    status = 503
    default_message = _l("%(way)s does not answer as it should. Try again later, or sign in with your password.")


class MessengerRefusedError(SignInRefusedError):
    """The messenger does not confirm who has come: a used or made-up code, or somebody of another company."""

    code = "messenger_refused"
    default_message = _l("%(way)s did not confirm who you are. Please start again.")


class _StaleError(Exception):
    """What was kept of the application has run out."""


@dataclass(frozen=True)
class Identity:
    """Who has come, as the messenger names him. ``name`` is for his own eyes only."""

    subject: str
    name: str


_kept: dict[tuple[str, str, str], tuple[float, dict[str, str]]] = {}
_lock = Lock()


def forget() -> None:
    """Drops what was kept of the applications."""
    with _lock:
        _kept.clear()


def identify(messenger: Messenger, access: Access, *, code: str, verifier: str, callback: str) -> Identity:
    """Asks with the code that the browser brought.

    Raises:
        MessengerRefusedError: the code is not good, or the person is not of the company.
        MessengerDownError: no answer within the time, or none that can be used.
    """
    given = {**settings_of(access), "code": code, "verifier": verifier, "callback": callback}
    try:
        found = _asked(messenger, access, given)
    except _StaleError:
        forget()
        try:
            found = _asked(messenger, access, given)
        except _StaleError:
            raise _down(messenger) from None
    if access.organisation and found.get("came_from", access.organisation) != access.organisation:
        raise MessengerRefusedError(way=label_of(messenger.way))
    subject = found["subject"]
    if len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise _down(messenger)
    return Identity(subject, found.get("name", "")[:LONGEST_NAME])


def _asked(messenger: Messenger, access: Access, given: Mapping[str, str]) -> dict[str, str]:
    values = dict(given)
    for call in messenger.calls:
        values |= _answer(messenger, access, call, values)
    return {key: value for key, value in values.items() if key not in given}


def _answer(messenger: Messenger, access: Access, call: Call, values: Mapping[str, str]) -> dict[str, str]:
    key = (messenger.way.value, access.client_id, call.path)
    if call.is_of_application:
        until, kept = _kept.get(key, (0.0, {}))
        if time.monotonic() < until:
            return kept
    base = access.api_url or messenger.api_url
    found = _fetch(messenger, call, f"{base}{call.path}", values)
    taken = _taken(messenger, call, found)
    if call.is_of_application:
        with _lock:
            _kept[key] = (time.monotonic() + KEPT_SECONDS, taken)
    return taken


def _fetch(messenger: Messenger, call: Call, url: str, values: Mapping[str, str]) -> dict[str, Any]:
    """One question. Nothing of it, and nothing of an error's text, is written down."""
    try:
        # A session without the environment: no proxy, no netrc of the machine changes whom we talk to.
        with requests.Session() as http:
            http.trust_env = False
            with http.request(
                call.method,
                url,
                params=filled(call.query, values) or None,
                json=filled(call.body, values) or None,
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **filled(call.headers, values)},
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, body = answer.status_code, _body(messenger, answer)
    except (requests.RequestException, UnicodeError) as error:
        log.warning("%s does not answer: %s", messenger.way.value, type(error).__name__)
        raise _down(messenger) from None
    if status in REFUSED and status != TOO_MANY:
        log.warning("%s refuses %s with %s", messenger.way.value, call.path, status)
        raise MessengerRefusedError(way=label_of(messenger.way))
    if status != OK:
        log.warning("%s answers %s with %s", messenger.way.value, call.path, status)
        raise _down(messenger)
    return _json(messenger, body)


def _body(messenger: Messenger, answer: requests.Response) -> bytes:
    """At most 64 KiB, not packed, in the time."""
    until = time.monotonic() + SECONDS
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _down(messenger)
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_content(8192):
        size += len(part)
        if size > MOST_BYTES or time.monotonic() > until:
            log.warning("%s answers too much or too slowly", messenger.way.value)
            raise _down(messenger)
        parts.append(part)
    return b"".join(parts)


def _json(messenger: Messenger, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        log.warning("%s answers what is no JSON object", messenger.way.value)
        raise _down(messenger)
    return found


def _taken(messenger: Messenger, call: Call, found: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an answer that are asked for. Raises MessengerRefusedError where it says no."""
    if call.fine is not None and found.get(call.fine) != 0:
        said = found.get(call.fine)
        if isinstance(said, int) and said in call.stale:
            raise _StaleError
        log.warning("%s refuses %s: %s", messenger.way.value, call.path, said if isinstance(said, int) else "?")
        raise MessengerRefusedError(way=label_of(messenger.way))
    taken = {word: _field(found, path) for word, path in call.takes.items()}
    if not all(taken.values()):
        raise MessengerRefusedError(way=label_of(messenger.way))
    optional = {word: _field(found, path) for word, path in call.may_take.items()}
    return {**taken, **{word: text for word, text in optional.items() if text}}


def _field(found: Mapping[str, Any], path: str) -> str:
    """A field of an answer; nothing for what is no text of a sensible length in printable ASCII or a name."""
    value: Any = found
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    fits = isinstance(value, str) and len(value) <= LONGEST_FIELD and value.isprintable()
    return value.strip() if fits else ""


def _down(messenger: Messenger) -> MessengerDownError:
    return MessengerDownError(way=label_of(messenger.way))
