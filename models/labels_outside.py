"""The ways by which a person is known elsewhere, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class Way(StrEnum):
    """Where somebody else vouches for a person."""

    ldap = "ldap"
    wecom = "wecom"
    feishu = "feishu"
    dingtalk = "dingtalk"


OUTSIDE_LABELS: Labels = {
    Way: {
        Way.ldap: _l("Company directory"),
        Way.wecom: _l("WeCom"),
        Way.feishu: _l("Feishu"),
        Way.dingtalk: _l("DingTalk"),
    },
}
