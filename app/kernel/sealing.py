"""Personal values in the journal are locked with a key of the person they are about, so that they can be forgotten.

The journal is never changed. Names, phones, addresses, accounts and free texts stand in it encrypted (AES-256-GCM),
under a key for each person that lies in ``subject_key``, itself locked with a key derived from the secret of the
application.
Deleting that row makes the values unreadable for ever; every other word of the journal, and its chain, stays.

Whose key: ``subject_paths`` of the table (the customer of an order), else the record itself. A transaction that
writes personal values asks for keys once; one that makes a new person writes one row more.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.kernel.naming import entity_name
from models.base import Base, Sensitivity
from models.privacy import SubjectKey

Subject = tuple[str, int]

PERSONAL = frozenset(Sensitivity) - {Sensitivity.CITY, Sensitivity.PRICE, Sensitivity.COST}
SEALED, SUBJECT = "sealed", "of"
KEYS = "zhidan_subject_keys"
NONCE_BYTES = 12
KEY_BYTES = 32
MOST_AT_ONCE = 500

_secrets: WeakKeyDictionary[Engine, bytes] = WeakKeyDictionary()


class Forgotten(str):
    """What is left of a value whose key is gone."""

    __slots__ = ()


FORGOTTEN = Forgotten()


def configure(engine: Engine, secret: str) -> None:
    """Says with which secret (64 hexadecimal digits) the keys in a database are locked."""
    _secrets[engine] = bytes.fromhex(secret)


def personal_columns(model: Any) -> frozenset[str]:
    """The columns of a table whose values are about a person."""
    return _personal_columns(model)


@cache
def _personal_columns(model: type[Any]) -> frozenset[str]:
    return frozenset(
        attribute.key for attribute in sa.inspect(model).column_attrs if _is_personal(attribute.columns[0].info)
    )


def _is_personal(info: Mapping[Any, Any]) -> bool:
    return info.get("sensitivity") in PERSONAL or bool(info.get("free_text"))


@cache
def _personal_words() -> frozenset[str]:
    """The names of all such columns: what a step asked is kept under them too."""
    return frozenset(name for mapper in Base.registry.mappers for name in personal_columns(mapper.class_))


def seal(session: Session, made: Sequence[tuple[Base, dict[str, Any]]]) -> None:
    """Locks the personal values in journal rows that are about to be written."""
    wanted = [(record, row) for record, row in made if _has_personal(record, row)]
    if not wanted:
        return
    subjects = [subject_of(session, record) for record, _row in wanted]
    new = {_itself(record) for record, _row in wanted if record in session.new}
    keys = _keys(session, set(subjects), new)
    for (record, row), subject in zip(wanted, subjects, strict=True):
        names = personal_columns(type(record))
        key = keys[subject]
        row["changes"] = {
            name: [_locked(key, subject, value) for value in pair] if name in names else pair
            for name, pair in row["changes"].items()
        }
        row["data"] = _locked_words(key, subject, row["data"])


def opened(session: Session, values: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Journalled ``changes`` or ``data`` with readable values; ``FORGOTTEN`` where the person is anonymised.

    One statement for all of them, none where nothing is locked.
    """
    subjects = {subject for value in values for subject in _subjects_in(value)}
    keys = _kept(session, subjects) if subjects else {}
    return [{name: _unlocked(keys, item) for name, item in value.items()} for value in values]


def forget(session: Session, subjects: Iterable[Subject]) -> int:
    """Deletes the keys of people: nobody reads their values in the journal any more. Returns how many keys."""
    found = list(subjects)
    gone = 0
    for start in range(0, len(found), MOST_AT_ONCE):
        part = found[start : start + MOST_AT_ONCE]
        where = sa.tuple_(SubjectKey.entity, SubjectKey.entity_id).in_(part)
        gone += len(session.execute(sa.delete(SubjectKey).where(where).returning(SubjectKey.id)).all())
    _drop(session)
    return gone


def rewrap(session: Session, old_secret: str) -> int:
    """Locks every key with the present secret instead of an older one. Returns how many.

    Raises InvalidTag where a key is not locked with the old secret.
    """
    old, new = bytes.fromhex(old_secret), _secret(session)
    rows = session.execute(sa.select(SubjectKey.id, SubjectKey.entity, SubjectKey.entity_id, SubjectKey.wrapped)).all()
    changed = [
        {"id": pk, "wrapped": _wrap(new, (entity, entity_id), _unwrap(old, (entity, entity_id), wrapped))}
        for pk, entity, entity_id, wrapped in rows
    ]
    if changed:
        session.execute(sa.update(SubjectKey), changed)
    return len(changed)


def subject_of(session: Session, record: Base) -> Subject:
    """Whose data a row holds: the end of the first of its ways that leads somewhere, else the row itself."""
    for path in type(record).subject_paths:
        found = _walk(session, record, path.split("."))
        if found is not None:
            return found
    return _itself(record)


def _itself(record: Base) -> Subject:
    return entity_name(type(record)), record.id


def _walk(session: Session, record: Base, steps: Sequence[str]) -> Subject | None:
    """Follows foreign keys; what the session does not hold is asked for by its key alone."""
    model: type[Any] = type(record)
    values: Any = record
    pk: int | None = None
    for place, step in enumerate(steps):
        relation = sa.inspect(model).relationships[step]
        column = next(iter(relation.local_columns))
        if place and not isinstance(values, Base):
            pk = session.scalar(sa.select(column).where(model.__table__.c.id == pk))
        else:
            pk = getattr(values, sa.inspect(model).get_property_by_column(column).key)
        if pk is None:
            return None
        model = relation.mapper.class_
        values = _in_session(session, model, pk)
    return entity_name(model), int(pk or 0)


def _in_session(session: Session, model: type[Any], pk: int) -> Base | None:
    held = session.identity_map.get(sa.orm.util.identity_key(model, pk))
    if held is not None and not sa.inspect(held).expired:
        found: Base = held
        return found
    return next((new for new in session.new if type(new) is model and new.id == pk), None)


def _has_personal(record: Base, row: Mapping[str, Any]) -> bool:
    names = personal_columns(type(record))
    return any(name in names for name in row["changes"]) or any(True for _ in _words_in(row["data"]))


def _words_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in _personal_words():
                yield name
            else:
                yield from _words_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words_in(item)


def _locked_words(key: bytes, subject: Subject, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _locked(key, subject, item) if name in _personal_words() else _locked_words(key, subject, item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_locked_words(key, subject, item) for item in value]
    return value


def _locked(key: bytes, subject: Subject, value: Any) -> Any:
    """Empty stays empty: that nothing stood there is no secret."""
    if value is None or value == "":
        return value
    nonce = os.urandom(NONCE_BYTES)
    box = nonce + AESGCM(key).encrypt(nonce, json.dumps(value, ensure_ascii=False).encode(), _name(subject))
    return {SEALED: base64.b64encode(box).decode(), SUBJECT: list(subject)}


def _is_locked(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {SEALED, SUBJECT}


def _subjects_in(value: Any) -> Iterator[Subject]:
    if _is_locked(value):
        entity, entity_id = value[SUBJECT]
        yield str(entity), int(entity_id)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _subjects_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _subjects_in(item)


def _unlocked(keys: Mapping[Subject, bytes], value: Any) -> Any:
    if _is_locked(value):
        subject = next(_subjects_in(value))
        key = keys.get(subject)
        if key is None:
            return FORGOTTEN
        box = base64.b64decode(value[SEALED])
        try:
            return json.loads(AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _name(subject)))
        except InvalidTag:
            # Written under a key that was deleted since, while another writer made a new one.
            return FORGOTTEN
    if isinstance(value, Mapping):
        return {name: _unlocked(keys, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_unlocked(keys, item) for item in value]
    return value


def _keys(session: Session, subjects: set[Subject], new: set[Subject]) -> dict[Subject, bytes]:
    """The keys for writing, made where there is none; remembered until the transaction ends."""
    known: dict[Subject, bytes] = session.info.setdefault(KEYS, {})
    if asked := subjects - known.keys() - new:
        known.update(_kept(session, asked))
    if missing := subjects - known.keys():
        secret = _secret(session)
        made = {subject: os.urandom(KEY_BYTES) for subject in sorted(missing)}
        rows = [
            {"entity": entity, "entity_id": pk, "wrapped": _wrap(secret, (entity, pk), key)}
            for (entity, pk), key in made.items()
        ]
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.execute(insert(SubjectKey).values(rows).on_conflict_do_nothing())
        known.update(made)
        if old := missing - new:
            # Somebody else may have been faster: his key counts.
            known.update(_kept(session, old))
    return known


def _kept(session: Session, subjects: set[Subject]) -> dict[Subject, bytes]:
    statement = sa.select(SubjectKey.entity, SubjectKey.entity_id, SubjectKey.wrapped).where(
        sa.tuple_(SubjectKey.entity, SubjectKey.entity_id).in_(sorted(subjects))
    )
    with session.no_autoflush:
        rows = session.execute(statement).all()
    secret = _secret(session)
    return {(entity, pk): _unwrap(secret, (entity, pk), wrapped) for entity, pk, wrapped in rows}


def _secret(session: Session) -> bytes:
    bind: Any = session.get_bind()
    return _secrets[bind.engine]


def _wrap(secret: bytes, subject: Subject, key: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(secret).encrypt(nonce, key, _name(subject))).decode()


def _unwrap(secret: bytes, subject: Subject, wrapped: str) -> bytes:
    box = base64.b64decode(wrapped)
    return AESGCM(secret).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _name(subject))


def _name(subject: Subject) -> bytes:
    return f"{subject[0]}:{subject[1]}".encode()


@event.listens_for(Session, "after_commit")
@event.listens_for(Session, "after_soft_rollback")
def _drop(session: Session, *_: Any) -> None:
    """A key lives in memory as long as the transaction that asked for it; a row taken back takes its key along."""
    session.info.pop(KEYS, None)
