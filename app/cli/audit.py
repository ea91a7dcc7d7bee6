"""``flask audit``: whether the journal is as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.acts import command_context
from app.extensions import db
from app.kernel import chain
from app.kernel.journal import note
from app.kernel.unit_of_work import unit_of_work
from app.kernel.verification import Fault, Finding, account, snapshot, verify

HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
SAID: Mapping[Fault, str] = {
    Fault.altered: "was altered after it was sealed",
    Fault.missing: "is missing",
    Fault.inserted: "was slipped in: no seal covers it",
    Fault.reordered: "has the content of another entry",
    Fault.unsealed: "is not sealed",
    Fault.seal_altered: "was altered, or does not follow on the one before",
    Fault.seal_missing: "is missing",
    Fault.cut: "is missing: the end of the chain was cut off",
    Fault.rewritten: "is not the one that was kept: the chain was written anew",
}


def parse_head(_context: Any, _parameter: Any, text: str | None) -> tuple[int, str] | None:
    """A head as ``flask audit head`` prints it."""
    if text is None:
        return None
    found = HEAD.fullmatch(text.strip())
    if found is None:
        message = "A head is NUMBER:HASH, as `flask audit head` prints it."
        raise click.BadParameter(message)
    return int(found[1]), found[2]


@click.group("audit")
def audit() -> None:
    """The journal and the chain that seals it."""


@audit.command("head")
@with_appcontext
def print_head() -> None:
    """Print the last seal as NUMBER:HASH, to be kept on another machine."""
    with snapshot(db.engine) as connection:
        click.echo(str(chain.head(connection)))


@audit.command("verify")
@click.option("--head", "expected", callback=parse_head, help="A head that was kept elsewhere, as NUMBER:HASH.")
@click.option("--since", default=1, type=click.IntRange(1), help="Number of the first seal to check.")
@click.option("--note/--no-note", "is_noted", default=True, help="Write the result into the journal (default), or not.")
@with_appcontext
def verify_chain(*, expected: tuple[int, str] | None, since: int, is_noted: bool) -> None:
    """Check the journal against its seals; name the first entry that is wrong and end with 1."""
    with snapshot(db.engine) as connection:
        report = verify(connection, since=since, expected=expected)
    if is_noted:
        with unit_of_work(command_context()) as ctx:
            note(ctx, "journal.verify", "journal", 0, data=account(report))
    click.echo(f"{report.seals} seals and {report.rows} entries checked, head {report.head}.")
    if report.finding is not None:
        click.echo(sentence(report.finding), err=True)
        raise SystemExit(1)
    click.echo("The journal is as it was written.")


def sentence(finding: Finding) -> str:
    """The finding as one sentence: which entry or seal, what, when, who."""
    said = SAID[finding.fault]
    if finding.journal_id is None:
        return f"Seal no. {finding.seal} {said}."
    parts = [f"Entry {finding.journal_id} {said}"]
    if finding.row is not None:
        row = finding.row
        what = f"{row['entity']} {row['entity_id']}, {row['action']}, {row['at'].isoformat()}, by {row['actor_name']}"
        parts.append(what if row["id"] == finding.journal_id else f"written together with entry {row['id']}: {what}")
    if finding.belongs_to is not None and finding.belongs_to != finding.journal_id:
        parts.append(f"its content was sealed as entry {finding.belongs_to}")
    if finding.seal is not None:
        parts.append(f"sealed as no. {finding.seal} at {finding.sealed_at.isoformat()}")
    return "; ".join(parts) + "."
