"""Takes the walk of ``docs/new-entity.md`` in a copy of the repository and uses what comes out of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATION = re.compile(
    r"^### \d+\. `(?P<path>[^`]+)`(?:, after `(?P<after>[^`]+)`)?\n(?P<text>.*?)```python\n(?P<code>.*?)```",
    re.MULTILINE | re.DOTALL,
)
NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".venv",
    "instance",
    "artifacts",
    "__pycache__",
    ".*_cache",
    "node_modules",
    "htmlcov",
    "tests",
    "benchmarks",
)

USE = """
import json, sys
from app.factory import create_app

app = create_app()
runner = app.test_cli_runner()
for words in (["db", "upgrade"], ["db", "migrate", "-m", "carriers"], ["db", "upgrade"], ["init"],
              ["demo", "--people-only"]):
    result = runner.invoke(args=words)
    assert result.exit_code == 0, (words, result.output, result.exception)
client = app.test_client()


def token(user):
    login = {"username": user, "password": "Zhidan-2026", "provider": "db"}
    return {"Authorization": "Bearer " + client.post("/api/v1/security/login", json=login).json["access_token"]}


clerk, outsider = token("lg_liu"), token("pd_chen")
address = "/api/v1/carrier/"
made = client.post(address, json={"code": "YD", "name": "远大物流", "insured_until_on": "2099-12-31"}, headers=clerk)
pk = made.json["id"] if "id" in made.json else made.json["result"]["id"]
twice = client.post(address, json={"code": "YD", "name": "x", "insured_until_on": "2099-12-31"}, headers=clerk)
empty = client.post(address, json={"name": "x"}, headers=clerk)
stopped = client.post(f"{address}{pk}/suspend", json={"reason": "保单到期"}, headers=clerk)
again = client.post(f"{address}{pk}/suspend", json={"reason": "x"}, headers=clerk)
seen = client.get(f"{address}{pk}", headers=clerk)
refused = client.get(address, headers=outsider)
with app.app_context():
    from app.extensions import db
    from models.journal import Journal
    import sqlalchemy as sa
    actions = db.session.scalars(
        sa.select(Journal.action).where(Journal.entity == "carrier").order_by(Journal.id)).all()
    db.session.remove()
print("RESULT" + json.dumps({
    "made": made.status_code, "twice": [twice.status_code, twice.json["error"]["code"]],
    "empty": [empty.status_code, sorted(empty.json["error"]["fields"])],
    "stopped": stopped.status_code, "again": [again.status_code, again.json["error"]["code"]],
    "seen": json.dumps(seen.json, ensure_ascii=False), "refused": refused.status_code, "actions": actions,
    "described": address + "{pk}/suspend" in json.dumps(client.get("/api/v1/_openapi", headers=clerk).json),
}))
"""


def stations() -> list[re.Match[str]]:
    """The blocks of the document with the file each belongs to."""
    return list(STATION.finditer((ROOT / "docs" / "new-entity.md").read_text(encoding="utf-8")))


def take(copy: Path, station: re.Match[str]) -> None:
    """Writes a new file, or puts the lines in after the named one."""
    path, after, code = copy / station["path"], station["after"], station["code"]
    if after is None:
        assert not path.exists(), f"{station['path']} is called new"
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.rstrip("\n") == after]
    assert places, f"{station['path']} has no line {after!r}"
    lines.insert(places[0] + 1, code)
    path.write_text("".join(lines), encoding="utf-8")


def test_walk_when_counted_then_at_most_eight_files_and_150_lines() -> None:
    found = stations()
    assert len({station["path"] for station in found}) <= 8
    assert sum(len(station["code"].splitlines()) for station in found) <= 150


def test_walk_when_taken_then_screens_api_rights_and_journal_are_there(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    for station in stations():
        take(copy, station)
    (copy / "use.py").write_text(USE, encoding="utf-8")
    environment = {**os.environ, "ZHIDAN_INSTANCE": str(tmp_path / "instance"), "PYTHONPATH": str(copy)}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "use.py"], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert "RESULT" in done.stdout, done.stdout + done.stderr
    result = json.loads(done.stdout.split("RESULT")[1])
    assert result["made"] == 201
    assert result["twice"] == [409, "duplicate"]
    assert result["empty"] == [422, ["code", "insured_until_on"]]
    assert result["stopped"] == 200
    assert result["again"] == [409, "step_not_open"]
    assert "suspended" in result["seen"]
    assert result["refused"] == 403
    assert result["actions"] == ["carrier.add", "carrier.suspend"]
    assert result["described"] is True
