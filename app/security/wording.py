"""Roles and rights as an administrator reads them, and the framework's own texts that its catalogue lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.kernel.context import LOCAL_ZONE
from app.kernel.journal import entity_name
from app.kernel.workflow import all_workflows
from app.security.actors import person_name
from app.security.departments import label_of_role
from models.base import Base

SUBJECTS = {
    "user": _l("Users"),
    "role": _l("Roles and rights"),
    "chart": _l("Charts"),
    "account": _l("Own account"),
    "api_token": _l("API tokens"),
    "sign_in_link": _l("Sign-in links"),
    "saved_list": _l("Saved filters"),
    "MenuApi": _l("Menu"),
}
FIELD_GROUPS = {
    "name": _l("Names of persons"),
    "phone": _l("Phone numbers"),
    "contact": _l("E-mail and WeChat"),
    "address": _l("Addresses"),
    "city": _l("City"),
    "door": _l("Door codes"),
    "bank": _l("Bank accounts"),
    "price": _l("Prices and amounts"),
    "cost": _l("Costs and margin"),
}
LEVELS = {"full": _l("in full"), "window": _l("in full while needed"), "masked": _l("masked"), "hidden": _l("hidden")}
WORDS = {
    "list": _l("List"),
    "show": _l("Show"),
    "add": _l("Add"),
    "edit": _l("Edit"),
    "export": _l("Export"),
    "verify": _l("Check integrity"),
    "credit": _l("Credit"),
    "manage": _l("Of everybody in the own department"),
    "keep": _l("Keep from anonymising"),
    "reveal": _l("Show in full"),
    "link": _l("Make a link for the customer"),
    "comment": _l("Write comments and attach files"),
    "report": _l("Report of a person's data"),
    "statement": _l("Statement of account"),
    "import": _l("Import"),
    "take_back": _l("Take imports back"),
    "preview": _l("See the panel as a role"),
    "own": _l("Change"),
    "end": _l("End"),
    "share": _l("Share with a role"),
    "read": _l("Read"),
    "access": _l("Sign-in and sessions"),
    "resetpasswords": _l("New one-time password"),
    "resetfactor": _l("Reset the second factor"),
    "get": _l("Show"),
}
# What the journal says about sign-ins; the words after ``user.``.
SIGN_INS = {
    "sign_in": _l("Signed in"),
    "sign_in_refused": _l("Sign-in refused"),
    "sign_out": _l("Signed out"),
    "locked": _l("Account locked"),
    "unlocked": _l("Account unlocked"),
    "session_ended": _l("Session ended"),
    "password_changed": _l("Password changed"),
    "second_factor_on": _l("Second factor set up"),
    "second_factor_off": _l("Second factor switched off"),
    "recovery_code_used": _l("Recovery code used"),
    "switched_off": _l("Account switched off"),
}
CHARTS = {
    "orders_by_state": _l("Orders by state"),
    "orders_by_month": _l("Orders by month"),
    "amount_by_channel": _l("Amount by channel"),
    "deliveries_on_time": _l("Deliveries on time"),
    "receipts_by_month": _l("Receipts and receivables"),
    "tasks_by_week": _l("Tasks by week"),
    "tickets_by_age": _l("Open tickets by age"),
    "receipts_by_method": _l("Receipts by method"),
    "tickets_by_month": _l("Tickets by month"),
    "limits_missed": _l("Missed time limits"),
    "masks_lifted": _l("Masks lifted"),
}


@cache
def _subjects() -> dict[str, Any]:
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    return SUBJECTS | {entity_name(found): found.__label__ for found in classes if hasattr(found, "__label__")}


def word_text(right: str) -> str:
    """A dotted right (``order.confirm``) in words."""
    return str(_("%(what)s: %(said)s", what=subject_text(right), said=act_text(right)))


def subject_text(right: str) -> str:
    """What a right is about."""
    subject = right.rpartition(".")[0]
    return str(_subjects().get(subject, subject))


def act_text(right: str) -> str:
    """What a right lets somebody do."""
    subject, _dot, word = right.rpartition(".")
    return _word(subject, word)


def _word(subject: str, word: str) -> str:
    known = CHARTS if subject == "chart" else WORDS
    if word in known:
        return str(known[word])
    for workflow in all_workflows():
        for step in workflow.steps if workflow.name == subject else ():
            if word in {step.permission, step.name}:
                return str(step.label)
    return word


def role_text(role: Any) -> str:
    """A role as a person reads it."""
    return str(label_of_role(role.name))


def listed(words: Iterable[str]) -> str:
    """Several words in one line, with the sign that the language puts between them."""
    return str(_(", ")).join(words)


def roles_text(roles: Any) -> str:
    """The roles of a person."""
    return listed(role_text(role) for role in roles)


def yes_no(value: Any) -> str:
    """A mark as a word."""
    return str(_("Yes") if value else _("No"))


def minute(moment: Any) -> str:
    """A moment of the framework's own columns, to the minute in Shanghai; those are naive, of the server's zone."""
    return f"{moment.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}" if moment else "–"


def count(number: Any) -> str:
    """A count that starts as nothing."""
    return str(number or 0)


def person_text(user: Any) -> str:
    """Who it was; a dash for the program."""
    return person_name(user) if user else "–"


def call_choices(view: Any, name: str, text: Callable[[Any], str]) -> None:
    """Gives the choices of a select field of the framework's forms the names that people know."""
    for form in (view.add_form, view.edit_form, view.search_form):
        if field := getattr(form, name, None):
            field.kwargs["get_label"] = text


# The framework says these, but its catalogue has no Chinese for them, or only half a sentence. Named here, they are
# collected with our own texts and win over its catalogue.
FRAMEWORK = (
    _l("Delete"),
    _l(
        "Must have at least two capital letters, one special character, two digits, three lower case letters and a"
        " minimal length of 10."
    ),
    _l("Groups"),
    _l("In"),
    _l("Not In"),
    _l("Contains (insensitive)"),
    _l("Starts with"),
    _l("Not Starts with"),
    _l("Ends with"),
    _l("Not Ends with"),
    _l("Not a valid choice"),
    _l("Add Group"),
    _l("Edit Group"),
    _l("List Groups"),
    _l("Show Group"),
    _l("Are you sure you want to delete this item?"),
    _l("Database Error"),
    _l("Edit User Information"),
    _l("Either select a role or a group"),
    _l("It's not a good policy to remove a user, just make it inactive"),
    _l("Username valid for authentication on DB or LDAP, unused for OID auth"),
    _l("The user's email, this will also be used for OID auth"),
    _l("The user role on the application, this will associate with a list of permissions"),
    _l("The user's password for authentication"),
    _l("Please use a good password policy, this application does not check this for you"),
    _l("User information changed"),
    _l("User(s) exists in the group, cannot delete"),
    _l("User(s) exists in the role, cannot delete"),
    _l("Sign In with "),
    _l("Start with"),
    _l("Is Active?"),
    _l("Logout"),
    _l("Email"),
    _l("Your user information"),
    _l("User info"),
    _l("Full Name"),
    _l("Audit Info"),
    _l("List Users"),
    _l("List Roles"),
    _l("Invalid login. Please try again."),
    _l("This field is required."),
    _l("No records found"),
    _l("Record Count"),
    _l("Access is Denied"),
)
