"""The ways in: the login page with its second step, and the tokens of the API. All end in one session."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, render_template, request, url_for
from flask_appbuilder.api import BaseApi
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.schemas import LoginPost
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_appbuilder.views import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, jwt_required
from flask_jwt_extended import current_user as token_user
from flask_login import current_user
from marshmallow import ValidationError, fields
from marshmallow.validate import Length

from app.kernel.engine import messages_of
from app.kernel.errors import DomainError, ValidationFailedError
from app.kernel.unit_of_work import unit_of_work
from app.security.acting import acting, known
from app.security.due import due_of
from app.security.entering import SignInRefusedError
from app.security.proofs import REFUSED, check_credentials, proved_by, storable
from app.security.second_factor import check_code
from app.security.sessions import (
    BY_PASSWORD,
    CLAIM,
    DUE_PAGES,
    begin_session,
    end_token,
    load,
    open_session,
    sign_out,
    signed_in,
    waiting,
    why_over,
)
from models.signin import DueStep, EndReason, SessionKind

WHY_OVER = {
    EndReason.idle: _l("You were signed out because nothing had happened for a while. Please sign in again."),
    EndReason.age: _l("Your session has reached its longest time. Please sign in again."),
    EndReason.password: _l("Your password has been changed. Please sign in with the new one."),
    EndReason.second_factor: _l("Your second factor has been changed. Please sign in again."),
    EndReason.roles: _l("Your roles have been changed. Please sign in again."),
    EndReason.by_hand: _l("This session has been ended. Please sign in again."),
    EndReason.administrator: _l("An administrator has ended this session. Please sign in again."),
}
WRONG_CODE = _l(
    "This code is not right, or it has been used already. Wait for the next one in the app; after several wrong codes"
    " the account is closed for a while."
)


def next_address() -> str:
    """Where the person wanted to go; only within this panel."""
    wanted = request.args.get("next", "")
    return str(get_safe_redirect(wanted) if wanted else current_app.appbuilder.get_url_for_index)  # type: ignore[attr-defined]


def with_next(address: str) -> str:
    """An address that keeps in mind where the person wanted to go."""
    target = request.args.get("next", "")
    return f"{address}?{_query(target)}" if target else address


def _query(target: str) -> str:
    return url_for("LoginView.login", next=target).partition("?")[2]


class LoginView(AuthDBView):
    """Sign in and out."""

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        """Name and password; then what is due first, or the page the person wanted."""
        if current_user.is_authenticated:
            return redirect(next_address())
        found = waiting()
        if request.method == "GET" and found is not None and found.is_owing and found.due is not None:
            return redirect(with_next(url_for(DUE_PAGES[found.due])))
        form = LoginForm_db()
        refused, over = None, why_over()
        if form.validate_on_submit():
            try:
                user = check_credentials(form.username.data, form.password.data, "screen")
            except SignInRefusedError as error:
                user, refused = None, str(error)
            if user is not None:
                due = begin_session(user, proved_by())
                return redirect(with_next(due) if due else next_address())
            refused = refused or str(REFUSED)
        page = render_template(
            self.login_template,
            title=self.title,
            form=form,
            appbuilder=self.appbuilder,
            refused=refused,
            over=WHY_OVER.get(over) if over is not None and request.method == "GET" else None,
        )
        return page, 401 if refused else 200

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> Any:
        """Ends the session; a link only asks, so that no page elsewhere can sign somebody out."""
        if request.method == "GET" and current_user.is_authenticated:
            return render_template("zhidan/signin.html", title=_("Sign out"), appbuilder=self.appbuilder, kind="logout")
        sign_out()
        return redirect(self.appbuilder.get_url_for_login)


class SecondFactorView(BaseView):
    """The second step of the sign-in."""

    route_base = "/login/code"
    default_view = "code"
    base_permissions: list[str] = []

    @expose("/", methods=["GET", "POST"])
    def code(self) -> Any:
        """Six digits or a recovery code, within five minutes after the password."""
        if current_user.is_authenticated:
            return redirect(next_address())
        found = waiting()
        if found is None or found.due is not DueStep.code:
            return redirect(with_next(self.appbuilder.get_url_for_login))
        error, how = None, found.how
        if request.method == "POST":
            user = found.user
            if check_code(user, request.form.get("code", ""), "screen"):
                due = begin_session(user, how, has_factor=True)
                return redirect(with_next(due) if due else next_address())
            error = str(WRONG_CODE)
        page = render_template(
            "zhidan/signin.html",
            title=_("Second factor"),
            appbuilder=self.appbuilder,
            kind="code",
            error=error,
            here=with_next(request.path),
        )
        return page, 401 if error else 200

    @expose("/cancel", methods=["POST"])
    def cancel(self) -> Any:
        """Back to the login, as somebody else. Who is in already stays in."""
        if waiting() is not None:
            sign_out()
        return redirect(self.appbuilder.get_url_for_login)


class TokenLogin(LoginPost):
    """What a program sends to sign in."""

    otp = fields.String(required=False, validate=Length(max=32))


class DueError(DomainError):
    """The person has to do something on the screen before a program can sign in for him."""

    code = "sign_in_on_screen"
    status = 403


DUE_SENTENCES = {
    DueStep.password: _l("The password must be changed first. Sign in on the screen and choose a new one."),
    DueStep.second_factor: _l("A second factor must be set up first. Sign in on the screen and set it up."),
}


class TokenApi(BaseApi):
    """Tokens for the REST API. They carry the id of a session and die with it."""

    resource_name = "security"
    version = "v1"
    openapi_spec_tag = "Security"

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        """Signs a program in; whoever has a second factor sends the code as ``otp``.
        ---
        post:
          responses:
            200:
              description: access_token, and refresh_token where it was asked for
            401:
              $ref: '#/components/responses/401'
        """  # noqa: D205 - the framework reads the lines after the first as YAML
        body = _body()
        user = check_credentials(body["username"], body["password"], "api")
        if user is None:
            raise SignInRefusedError(REFUSED)
        token = self._token_of(user, body.get("otp"))
        answer = {"access_token": create_access_token(str(user.id), fresh=True, additional_claims={CLAIM: token})}
        if body.get("refresh"):
            answer["refresh_token"] = create_refresh_token(str(user.id), additional_claims={CLAIM: token})
        return self.response(200, **answer)

    @staticmethod
    def _token_of(user: User, otp: str | None) -> str:
        ctx = acting(known(user))
        with unit_of_work(ctx):
            by_password = proved_by() == BY_PASSWORD
            due = due_of(ctx, user.id, by_password=by_password, has_factor=False)
        has_factor = due is DueStep.code
        if has_factor:
            if not otp:
                raise SignInRefusedError(_l("Send the code of your second factor as “otp”."), code="otp_required")
            if not check_code(user, otp, "api"):
                raise SignInRefusedError(WRONG_CODE, code="otp_refused")
        with unit_of_work(ctx):
            due = due_of(ctx, user.id, by_password=by_password, has_factor=has_factor)
            if due is not None:
                raise DueError(DUE_SENTENCES[due])
            token = open_session(ctx, user.id, proved_by(), kind=SessionKind.api, has_factor=has_factor)
            signed_in(ctx, user.id, proved_by(), has_factor=has_factor, kind="api")
        return token

    @expose("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    def refresh(self) -> Any:
        """A new access token of the same session.
        ---
        post:
          responses:
            200:
              description: access_token
            401:
              $ref: '#/components/responses/401'
        """  # noqa: D205 - the framework reads the lines after the first as YAML
        claims = {CLAIM: get_jwt()[CLAIM]}
        token = create_access_token(str(token_user.id), fresh=False, additional_claims=claims)
        return self.response(200, access_token=token)

    @expose("/logout", methods=["POST"])
    @jwt_required()
    def logout(self) -> Any:
        """Ends the session of the token; its refresh token is dead as well.
        ---
        post:
          responses:
            200:
              description: ended
            401:
              $ref: '#/components/responses/401'
        """  # noqa: D205 - the framework reads the lines after the first as YAML
        ctx = acting(known(token_user))
        with unit_of_work(ctx):
            end_token(ctx, token_user.id, get_jwt()[CLAIM])
        return self.response(200, message="OK")


def _body() -> dict[str, Any]:
    try:
        data = request.get_json(silent=True)
    except RecursionError:  # a hundred thousand brackets
        data = None
    if not isinstance(data, dict):
        raise ValidationFailedError({"_schema": [str(_l("Send a JSON object."))]})
    # Half a character, as only a program sends it, is a fault to whatever looks at the text.
    data = {storable(str(key)): storable(value) if isinstance(value, str) else value for key, value in data.items()}
    try:
        loaded: dict[str, Any] = TokenLogin().load(data)
    except ValidationError as error:
        raise ValidationFailedError(messages_of(error)) from error
    return loaded


def load_token(data: dict[str, Any]) -> User | None:
    """The user of a token: the row of its session decides, as with a cookie."""
    user: User | None = load(data.get("sub", ""), data.get(CLAIM), SessionKind.api)
    if user is not None:
        g.user = user
    return user
