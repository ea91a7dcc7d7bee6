"""The chain over the journal: every transaction is sealed, whatever its way to the COMMIT, and nobody rewrites it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from app.kernel import chain
from app.kernel.chain import FORM, FORMS
from app.kernel.context import SYSTEM, Context
from app.kernel.journal import note, plain
from app.kernel.unit_of_work import unit_of_work
from app.kernel.verification import Fault, Finding, Report, sealed_as, snapshot, verify
from models.calendar import CalendarDay
from models.journal import Journal, JournalSeal
from tests.databases import Database
from tests.web.person import statements

NOW = datetime(2026, 11, 24, 1, 40, 0, 123456, tzinfo=UTC)
# What JSONB writes differently, and what is easily mangled on the way.
ODD = {
    "b": 1,
    "a": [1.10, 1e22, -0.0, 10**17, None, True],
    "深": "直单\r\n\u2028 \U00020000",
    "when": NOW,
    "": {"z": {}, "aa": []},
}


def context(session: Session) -> Context:
    """The system, at a moment with microseconds."""
    return Context(session, SYSTEM, NOW, "cli")


def write(session: Session, *words: str, **more: Any) -> None:
    """One transaction with an entry for each word."""
    with unit_of_work(context(session)) as ctx:
        for word in words:
            note(ctx, f"test.{word}", "test", 0, **more)


def check(database: Database, **asked: Any) -> Report:
    """A walk over the whole chain."""
    with snapshot(database.engine) as connection:
        return verify(connection, **asked)


def seals(session: Session) -> list[JournalSeal]:
    """All seals in order."""
    found = list(session.scalars(sa.select(JournalSeal).order_by(JournalSeal.id)))
    # What is read stays readable without a transaction, which would keep others from writing on SQLite.
    session.expunge_all()
    session.rollback()
    return found


def entry(session: Session, word: str) -> int:
    """The id of an entry."""
    found = session.scalars(sa.select(Journal.id).where(Journal.action == f"test.{word}")).one()
    session.rollback()
    return found


def test_form_when_the_journal_has_columns_then_the_newest_one_covers_all_of_them() -> None:
    assert set(FORMS[FORM]) == {column.name for column in Journal.__table__.columns} - {"id"}


def test_transaction_when_committed_then_one_seal_covers_its_entries_and_follows_on_the_last(
    database: Database, session: Session
) -> None:
    before = len(seals(session))
    write(session, "one", "two", data=ODD, changes={"note": [None, "中"]})
    write(session, "three")
    found = seals(session)
    assert len(found) == before + 2
    assert [seal.id for seal in found] == list(range(1, len(found) + 1))
    assert [(seal.row_count, seal.first_id, seal.last_id) for seal in found[before:]] == [
        (2, entry(session, "one"), entry(session, "two")),
        (1, entry(session, "three"), entry(session, "three")),
    ]
    assert [seal.previous_hash for seal in found[1:]] == [seal.hash for seal in found[:-1]]
    rows = session.scalar(sa.select(sa.func.count()).select_from(Journal))
    report = check(database)
    assert (report.finding, report.seals, report.rows) == (None, len(found), rows)
    assert report.head.total == rows


def test_row_when_odd_values_are_stored_then_a_later_reading_gives_the_same_digest(
    database: Database, session: Session
) -> None:
    write(session, "odd", data=ODD, reason="a\r\nb", changes={"x": [plain(ODD), 1.5]})
    with Session(database.engine) as fresh:
        row = fresh.execute(sa.select(Journal.__table__).where(Journal.action == "test.odd")).one()
        seal = seals(fresh)[-1]
    assert list(chain.unpack(seal.entries)) == [(row.id, chain.digest(row))]
    assert check(database).finding is None


def test_savepoint_when_rolled_back_then_its_entries_are_not_sealed_and_the_others_are(
    database: Database, session: Session
) -> None:
    with unit_of_work(context(session)) as ctx:
        note(ctx, "test.before", "test", 0)
        with session.begin_nested():
            note(ctx, "test.kept", "test", 0)
            inner = session.begin_nested()
            note(ctx, "test.inner", "test", 0)
            inner.rollback()
        outer = session.begin_nested()
        with session.begin_nested():
            note(ctx, "test.released", "test", 0)
        outer.rollback()
        note(ctx, "test.after", "test", 0)
    ids = [entry(session, word) for word in ("before", "kept", "after")]
    assert [row_id for row_id, _ in chain.unpack(seals(session)[-1].entries)] == ids
    assert check(database).finding is None


def test_transaction_when_rolled_back_then_nothing_waits_for_the_next_one(database: Database, session: Session) -> None:
    before = len(seals(session))
    note(context(session), "test.lost", "test", 0)
    session.rollback()
    note(context(session), "test.lost", "test", 0)
    session.close()
    write(session, "found")
    assert len(seals(session)) == before + 1
    assert seals(session)[-1].row_count == 1
    assert check(database).finding is None


def test_commit_when_nobody_of_ours_asks_for_it_then_sealed_all_the_same(database: Database, session: Session) -> None:
    before = len(seals(session))
    # As the framework does: a session of its own, several flushes, a plain commit; the root closed over a savepoint.
    session.add(CalendarDay(day=NOW.date(), is_workday=False, note="one"))
    session.flush()
    session.add(Journal(at=NOW, recorded_at=NOW, actor_name="x", origin="cli", entity="t", entity_id=1, action="t.x"))
    session.commit()
    root = session.begin()
    session.begin_nested()
    note(context(session), "test.nested", "test", 0)
    root.commit()
    assert [seal.row_count for seal in seals(session)[before:]] == [2, 1]
    assert check(database).finding is None


def test_transaction_when_it_only_reads_then_takes_no_statement_and_a_writing_one_takes_two(
    database: Database, session: Session
) -> None:
    with statements(database.engine) as seen:
        session.scalar(sa.select(sa.literal(1)))
        session.commit()
    assert len(seen) == 1
    with statements(database.engine) as seen, unit_of_work(context(session)) as ctx:
        note(ctx, "test.counted", "test", 0)
        session.flush()
        before = len(seen)
    # The head under the lock, and the seal.
    assert (before, len(seen)) == (1, 3)
    assert "journal_seal" in seen[-1]


def test_writers_when_many_commit_at_once_then_the_numbers_have_no_gap_and_the_chain_holds(database: Database) -> None:
    def work(number: int) -> None:
        for turn in range(5):
            with Session(database.engine) as session:
                write(session, f"w{number}.{turn}", f"x{number}.{turn}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with Session(database.engine) as session:
        numbers = [seal.id for seal in seals(session)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 40
    assert check(database).finding is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_writer_when_another_one_is_still_at_work_then_does_not_wait_for_it(database: Database) -> None:
    with Session(database.engine) as slow, Session(database.engine) as quick:
        note(context(slow), "test.slow", "test", 0)
        quick.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
        write(quick, "quick")
        slow.commit()
        assert [seal.row_count for seal in seals(quick)[-2:]] == [1, 1]
    assert check(database).finding is None


AWAY = {
    "sqlite": "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "postgresql": "TRUNCATE {table}",
}


@pytest.mark.parametrize("table", ["journal", "journal_seal"])
def test_user_of_the_application_when_rewriting_the_journal_then_the_database_refuses(
    database: Database, session: Session, table: str
) -> None:
    write(session, "kept")
    rows = sa.table(table, sa.column("id"))
    before = session.execute(sa.select(sa.text("*")).select_from(rows).order_by(rows.c.id)).all()
    session.rollback()
    upsert = "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT (id) DO UPDATE SET id = excluded.id"
    changes = ("UPDATE {table} SET id = id", "DELETE FROM {table}", AWAY[database.kind], upsert)
    for change in changes:
        with pytest.raises((IntegrityError, DatabaseError), match="append-only"):
            session.execute(sa.text(change.format(table=table)))
        session.rollback()
    assert session.execute(sa.select(sa.text("*")).select_from(rows).order_by(rows.c.id)).all() == before
    assert len(before) > 0


def tamper(database: Database, *changes: str) -> None:
    """What somebody with all rights over the database does: the triggers away, then plain SQL."""
    with database.engine.connect() as connection:
        if database.kind == "sqlite":
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            for table in ("journal", "journal_seal"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for change in changes:
            connection.exec_driver_sql(change)
        connection.commit()


def copied(table: type[Any], row_id: int, **other: str) -> str:
    """SQL for another row like one that is there."""
    columns = [column.name for column in table.__table__.columns]
    values = ", ".join(other.get(name, name) for name in columns)
    return f"INSERT INTO journal ({', '.join(columns)}) SELECT {values} FROM journal WHERE id = {row_id}"


@pytest.fixture
def written(session: Session) -> dict[str, int]:
    """Entries in three transactions, by their words; the gap is an id that no row has."""
    write(session, "a", "b")
    write(session, "c")
    note(context(session), "test.gap", "test", 0)
    session.rollback()
    write(session, "d", "e")
    ids = {word: entry(session, word) for word in "abcde"}
    return {**ids, "seal": seals(session)[-1].id}


Tampering = Callable[[dict[str, int]], tuple[tuple[str, ...], tuple[Fault, str | None]]]
SWAP = "UPDATE journal SET id = {to} WHERE id = {row}"
TAMPERED: dict[str, Tampering] = {
    "who": lambda ids: (
        (f"UPDATE journal SET actor_name = '王芳' WHERE id = {ids['b']}",),
        (Fault.altered, "b"),
    ),
    "when": lambda ids: (
        (f"UPDATE journal SET at = '2026-11-24 01:40:00.123457' WHERE id = {ids['c']}",),
        (Fault.altered, "c"),
    ),
    "deleted": lambda ids: ((f"DELETE FROM journal WHERE id = {ids['b']}",), (Fault.missing, "b")),
    "inserted": lambda ids: (
        (copied(Journal, ids["a"], id=str(ids["a"] - 100_000)),),
        (Fault.inserted, None),
    ),
    "appended": lambda ids: ((copied(Journal, ids["a"], id=str(ids["e"] + 100)),), (Fault.unsealed, None)),
    "reordered": lambda ids: (
        (
            SWAP.format(row=ids["a"], to=-1),
            SWAP.format(row=ids["d"], to=ids["a"]),
            SWAP.format(row=-1, to=ids["d"]),
        ),
        (Fault.reordered, "a"),
    ),
    "seal changed": lambda ids: (
        (f"UPDATE journal_seal SET row_count = 7 WHERE id = {ids['seal']}",),
        (Fault.seal_altered, None),
    ),
    "seal deleted": lambda ids: (
        (f"DELETE FROM journal_seal WHERE id = {ids['seal'] - 1}",),
        (Fault.seal_missing, None),
    ),
    "seals cut": lambda ids: ((f"DELETE FROM journal_seal WHERE id >= {ids['seal']}",), (Fault.unsealed, "d")),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_journal_when_tampered_with_then_the_first_wrong_entry_is_named(
    database: Database, session: Session, written: dict[str, int], kind: str
) -> None:
    assert check(database).finding is None
    changes, (fault, word) = TAMPERED[kind](written)
    tamper(database, *changes)
    finding = check(database).finding
    assert finding is not None
    assert finding.fault is fault
    if word is not None:
        assert finding.journal_id == written[word]
    if fault is Fault.reordered:
        assert finding.belongs_to == written["d"]
    if fault in {Fault.altered, Fault.reordered}:
        assert finding.row is not None
        assert finding.row["id"] == written[str(word)]
        assert finding.seal in {written["seal"] - 1, written["seal"] - 2}
    if fault is Fault.missing:
        # What the lost one was is told by the entry beside it.
        assert finding.row is not None
        assert finding.row["action"] == "test.a"


def test_tail_when_cut_off_then_only_the_kept_head_tells(
    database: Database, session: Session, written: dict[str, int]
) -> None:
    kept = check(database).head
    tamper(
        database,
        f"DELETE FROM journal WHERE id >= {written['d']}",
        f"DELETE FROM journal_seal WHERE id >= {written['seal']}",
    )
    assert check(database).finding is None
    finding = check(database, expected=(kept.number, kept.hash)).finding
    assert finding == Finding(Fault.cut, written["seal"])
    # Whoever writes on afterwards makes a seal of that number with another hash.
    write(session, "new")
    assert check(database, expected=(kept.number, kept.hash)).finding == Finding(Fault.rewritten, written["seal"])


def test_command_when_run_then_says_what_is_wrong_and_ends_with_one(
    database: Database, session: Session, written: dict[str, int]
) -> None:
    head = database.run("audit", "head").strip()
    number, mark = head.split(":")
    assert (int(number), len(mark)) == (written["seal"], 64)
    assert "The journal is as it was written." in database.run("audit", "verify", "--head", head)
    assert session.scalars(sa.select(Journal.data).where(Journal.action == "journal.verify")).one()["head"] == head
    session.rollback()
    tamper(database, f"UPDATE journal SET actor_name = '王芳' WHERE id = {written['c']}")
    result = database.app.test_cli_runner().invoke(args=["audit", "verify", "--no-note"])
    assert result.exit_code == 1
    assert f"Entry {written['c']} was altered after it was sealed; test 0, test.c, 2026-11-24T01:40" in result.output
    assert f"by 王芳; sealed as no. {written['seal'] - 1} at " in result.output
    result = database.app.test_cli_runner().invoke(args=["audit", "verify", "--head", "nonsense"])
    assert result.exit_code == 2


@pytest.mark.stage("migrated")
def test_init_when_rows_are_older_than_the_chain_then_seals_them_once(database: Database, session: Session) -> None:
    tamper(database)
    row = "at, recorded_at, actor_name, origin, entity, entity_id, action, changes, data"
    values = "'2026-11-24 01:40:00', '2026-11-24 01:40:00', 'x', 'cli', 't', 1, 't.x', '{}', '{}'"
    insert = f"INSERT INTO journal ({row}) VALUES {', '.join([f'({values})'] * (chain.BATCH + 1))}"
    tamper(database, insert)
    assert f"Journal: {chain.BATCH + 1} older entries sealed." in database.run("init")
    assert [seal.row_count for seal in seals(session)][:2] == [chain.BATCH, 1]
    assert check(database).finding is None
    tamper(database, f"INSERT INTO journal ({row}) VALUES ({values})")
    assert "older entries" not in database.run("init")
    finding = check(database).finding
    assert finding is not None
    assert finding.fault in {Fault.unsealed, Fault.inserted}


@pytest.mark.stage("migrated")
def test_first_write_when_there_is_no_seal_yet_then_older_rows_are_sealed_before_it(
    database: Database, session: Session
) -> None:
    row = "at, recorded_at, actor_name, origin, entity, entity_id, action, changes, data"
    values = "'2026-11-24 01:40:00', '2026-11-24 01:40:00', 'x', 'cli', 't', 1, 't.x', '{}', '{}'"
    tamper(database, f"INSERT INTO journal ({row}) VALUES ({values}), ({values})")
    write(session, "first")
    assert [seal.row_count for seal in seals(session)] == [2, 1]
    assert check(database).finding is None


def test_entry_when_asked_for_its_seal_then_the_number_is_found(
    database: Database, session: Session, written: dict[str, int]
) -> None:
    with snapshot(database.engine) as connection:
        found = [sealed_as(connection, written[word]) for word in "abcde"]
        assert [seal.id for seal in found if seal is not None] == [
            written["seal"] - 2, written["seal"] - 2, written["seal"] - 1, written["seal"], written["seal"],
        ]  # fmt: skip
        assert sealed_as(connection, written["e"] + 1000) is None


def test_check_when_only_the_newest_seals_are_asked_for_then_a_change_before_them_is_not_seen(
    database: Database, session: Session, written: dict[str, int]
) -> None:
    tamper(database, f"UPDATE journal SET actor_name = '王芳' WHERE id = {written['a']}")
    report = check(database, since=written["seal"] - 1)
    assert (report.finding, report.seals) == (None, 2)
    tamper(database, copied(Journal, written["a"], id=str(written["e"] + 5)))
    finding = check(database, since=written["seal"] - 1).finding
    assert finding is not None
    assert (finding.fault, finding.journal_id) == (Fault.unsealed, written["e"] + 5)
