"""Files beside a record as requests send and get them: on the screen and through the API alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app, request, send_file
from flask_babel import gettext as _

from app.kernel.context import Context
from app.kernel.errors import NotFoundError, ValidationFailedError
from app.kernel.journal import entity_name
from app.kernel.unit_of_work import unit_of_work
from app.services.talk import actions, files
from app.services.talk.storage import FileStore
from models.talk import Attachment
from views.talked import may_get

# Whoever opens a file by itself gets something that can run and load nothing.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def store() -> FileStore:
    """Where files lie: in the instance folder, which no web server hands out."""
    return FileStore(Path(current_app.config["UPLOAD_FOLDER"]) / "attachments")


def attach_sent(ctx: Context, record: Any) -> list[Attachment]:
    """Puts the files of the request beside a record, all or none. Raises ValidationFailedError, FileRefusedError."""
    sent = [found for found in request.files.getlist("file") if found.filename]
    if not sent:
        raise ValidationFailedError({"file": [_("Choose a file first.")]})
    is_personal = request.form.get("is_personal", "") not in {"", "0", "false"}
    attached = []
    with unit_of_work(ctx):
        for found in sent:
            data = found.stream.read(files.LARGEST_FILE + 1)
            attached.append(actions.attach(ctx, record, store(), found.filename or "", data, is_personal=is_personal))
    return attached


def part_of(ctx: Context, model: type[Any], record: Any, item: int) -> Any:
    """A comment or file of this very record. Raises NotFoundError."""
    found = ctx.session.get(model, item) if 0 < item < 2**31 else None
    if found is None or (found.entity, found.entity_id) != (entity_name(type(record)), record.id):
        raise NotFoundError
    return found


def file_of(ctx: Context, record: Any, item: int) -> Attachment:
    """A file of a record that the actor may have. Raises NotFoundError."""
    attached: Attachment = part_of(ctx, Attachment, record, item)
    if attached.is_gone or not may_get(ctx, attached):
        raise NotFoundError
    return attached


def file_answer(attached: Attachment) -> Any:
    """A file with its original name, to be saved."""
    path = store().path(attached.digest)
    return answer_with(path, mimetype=attached.media_type, as_attachment=True, download_name=attached.name)


def answer_with(path: Path | BinaryIO, **options: Any) -> Any:
    """The content of a file; no proxy keeps it and no browser runs it."""
    response = send_file(path, conditional=False, etag=False, max_age=0, **options)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "no-store"
    return response
