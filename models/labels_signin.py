"""Labels of the words of sessions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from models.signin import DueStep, EndReason, SessionKind
from models.vocabulary import Labels

SIGNIN_LABELS: Labels = {
    SessionKind: {SessionKind.browser: _l("Browser"), SessionKind.api: _l("Program")},
    DueStep: {
        DueStep.code: _l("Code of the second factor"),
        DueStep.password: _l("New password"),
        DueStep.second_factor: _l("Set up a second factor"),
    },
    EndReason: {
        EndReason.signed_out: _l("Signed out"),
        EndReason.password: _l("Password changed"),
        EndReason.second_factor: _l("Second factor changed"),
        EndReason.roles: _l("Roles changed"),
        EndReason.switched_off: _l("Account switched off"),
        EndReason.idle: _l("Nothing happened for a while"),
        EndReason.age: _l("Longest time reached"),
        EndReason.by_hand: _l("Ended by the person"),
        EndReason.administrator: _l("Ended by an administrator"),
        EndReason.replaced: _l("Replaced by a new sign-in"),
        EndReason.code_failed: _l("Wrong codes"),
    },
}
