"""The Flask extensions, created once and bound in ``app.factory``."""

from __future__ import annotations

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from app.limits import PERSON

# One metadata for the framework's tables and ours, so that migrations see all of them.
db = SQLA(metadata=Model.metadata)
migrate = Migrate()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, application_limits=[PERSON])
# AppBuilder is not here: it remembers its views, so a second application in the process would get none of them.
# ``create_app`` makes one for each application; code finds it as ``current_app.appbuilder``.
