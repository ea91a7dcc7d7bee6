"""Uploaded files: found by their content, gone after a day or when they are not needed."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from app.exchange.storage import Store
from app.kernel.errors import DomainError
from tests.order_books import NOW


def refused(store, digest):
    with pytest.raises(DomainError) as found:
        store.fetch(digest)
    return (found.value.reason_code, found.value.status)


def test_file_when_kept_then_is_fetched_with_its_name(tmp_path):
    store = Store(tmp_path / "imports")
    digest = store.keep(b"content", "../订单.xlsx", NOW)
    assert store.fetch(digest) == (b"content", "../订单.xlsx")
    assert sorted(path.name for path in (tmp_path / "imports").iterdir()) == [f"{digest}.book", f"{digest}.name"]


def test_file_when_forgotten_then_is_gone(tmp_path):
    store = Store(tmp_path)
    digest = store.keep(b"content", "a.xlsx", NOW)
    store.forget(digest)
    store.forget(digest)
    assert refused(store, digest) == ("file_gone", 422)


def test_file_when_a_day_old_then_goes_with_the_next_one(tmp_path):
    store = Store(tmp_path)
    old, young = store.keep(b"old", "a", NOW), store.keep(b"young", "b", NOW)
    for digest, age in ((old, timedelta(hours=25)), (young, timedelta(hours=23))):
        for path in tmp_path.glob(f"{digest}.*"):
            os.utime(path, (0, (NOW - age).timestamp()))
    store.keep(b"next", "c", NOW)
    assert refused(store, old) == ("file_gone", 422)
    assert store.fetch(young) == (b"young", "b")


@pytest.mark.parametrize("digest", ["", "..", "../secret", "a" * 63, "A" * 64, "0" * 64])
def test_file_when_asked_for_by_a_made_up_digest_then_refused(tmp_path, digest):
    (tmp_path / "secret.book").write_bytes(b"x")
    assert refused(Store(tmp_path), digest) == ("file_gone", 422)
