"""Texts follow the language of the request, also when it changes in the middle."""

from __future__ import annotations

from flask import Flask, g
from flask_babel import force_locale, get_translations, gettext, refresh

from views.adapter import RequestDomain


def test_texts_when_the_language_is_forced_then_they_change_and_come_back(app: Flask) -> None:
    with app.test_request_context("/"):
        chinese = gettext("Order")
        assert chinese != "Order"
        with force_locale("en"):
            assert gettext("Order") == "Order"
        assert gettext("Order") == chinese


def test_texts_when_the_language_is_refreshed_then_the_catalogue_is_found_again(app: Flask) -> None:
    with app.test_request_context("/"):
        kept = get_translations()
        assert get_translations() is g._flask_babel.babel_translations is kept
        refresh()
        assert not hasattr(g._flask_babel, "babel_translations")
        assert get_translations() is kept
        assert isinstance(g._flask_babel.babel_domain, RequestDomain)


def test_texts_when_there_is_no_request_then_they_stay_english() -> None:
    assert gettext("Order") == "Order"
