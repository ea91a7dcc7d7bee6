"""The office messengers that vouch for people, declared as data: addresses, words and fields as they document them.

WeCom (developer.work.weixin.qq.com, "Web login": a token of the application, then ``auth/getuserinfo``), Feishu
(open.feishu.cn, ``authen/v1/authorize`` and ``authen/v2/oauth/token``, with PKCE) and DingTalk (open.dingtalk.com,
``oauth2/auth`` and ``oauth2/userAccessToken``). Only hosts that stand here, or in the settings, are ever asked.

In the texts of a declaration stand places: ``{client_id}``, ``{client_secret}``, ``{agent_id}``, ``{organisation}``
(settings), ``{callback}``, ``{state}``, ``{challenge}``, ``{verifier}``, ``{code}``, and what earlier calls took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from config_outside import Access
from models.labels import Way

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Call:
    """One question to the messenger's server and what is taken from its answer.

    ``fine`` is the field whose value 0 says that it went well. ``takes`` maps a word of ours to the path of a field;
    all of them must be there. ``may_take`` need not. ``is_of_application``: the answer is the application's own and
    is kept for a while, because the messenger limits how often it may be asked; ``stale`` are the values of ``fine``
    that say, in a later call, that what was kept has run out.
    """

    method: str
    path: str
    takes: Texts
    may_take: Texts = field(default_factory=dict)
    query: Texts = field(default_factory=dict)
    body: Texts = field(default_factory=dict)
    headers: Texts = field(default_factory=dict)
    fine: str | None = None
    is_of_application: bool = False
    stale: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Messenger:
    """A messenger. ``code_in`` are the arguments in which the code comes back, the first one found counts."""

    way: Way
    icon: str
    login_url: str
    api_url: str
    page: str
    asks: Texts
    calls: tuple[Call, ...]
    code_in: tuple[str, ...] = ("code",)
    asks_of_organisation: Texts = field(default_factory=dict)
    has_pkce: bool = False


MESSENGERS: Mapping[Way, Messenger] = {
    Way.wecom: Messenger(
        way=Way.wecom,
        icon="fa-comments",
        login_url="https://login.work.weixin.qq.com",
        api_url="https://qyapi.weixin.qq.com",
        page="/wwlogin/sso/login",
        asks={
            "login_type": "CorpApp",
            "appid": "{client_id}",
            "agentid": "{agent_id}",
            "redirect_uri": "{callback}",
            "state": "{state}",
        },
        calls=(
            Call(
                "GET",
                "/cgi-bin/gettoken",
                query={"corpid": "{client_id}", "corpsecret": "{client_secret}"},
                fine="errcode",
                takes={"access_token": "access_token"},
                is_of_application=True,
            ),
            # Somebody from outside the company has an openid and no userid.
            Call(
                "GET",
                "/cgi-bin/auth/getuserinfo",
                query={"access_token": "{access_token}", "code": "{code}"},
                fine="errcode",
                takes={"subject": "userid"},
                stale=frozenset({40014, 42001}),
            ),
        ),
    ),
    Way.feishu: Messenger(
        way=Way.feishu,
        icon="fa-feather",
        login_url="https://accounts.feishu.cn",
        api_url="https://open.feishu.cn",
        page="/open-apis/authen/v1/authorize",
        asks={
            "client_id": "{client_id}",
            "response_type": "code",
            "redirect_uri": "{callback}",
            "state": "{state}",
            "code_challenge": "{challenge}",
            "code_challenge_method": "S256",
        },
        has_pkce=True,
        calls=(
            Call(
                "POST",
                "/open-apis/authen/v2/oauth/token",
                body={
                    "grant_type": "authorization_code",
                    "client_id": "{client_id}",
                    "client_secret": "{client_secret}",
                    "code": "{code}",
                    "redirect_uri": "{callback}",
                    "code_verifier": "{verifier}",
                },
                fine="code",
                takes={"access_token": "access_token"},
            ),
            Call(
                "GET",
                "/open-apis/authen/v1/user_info",
                headers={"Authorization": "Bearer {access_token}"},
                fine="code",
                takes={"subject": "data.open_id"},
                may_take={"name": "data.name", "came_from": "data.tenant_key"},
            ),
        ),
    ),
    Way.dingtalk: Messenger(
        way=Way.dingtalk,
        icon="fa-bolt",
        login_url="https://login.dingtalk.com",
        api_url="https://api.dingtalk.com",
        page="/oauth2/auth",
        asks={
            "client_id": "{client_id}",
            "response_type": "code",
            "redirect_uri": "{callback}",
            "state": "{state}",
            "scope": "openid",
            "prompt": "consent",
        },
        asks_of_organisation={"scope": "openid corpid", "corpId": "{organisation}"},
        code_in=("authCode", "code"),
        calls=(
            Call(
                "POST",
                "/v1.0/oauth2/userAccessToken",
                body={
                    "clientId": "{client_id}",
                    "clientSecret": "{client_secret}",
                    "code": "{code}",
                    "grantType": "authorization_code",
                },
                takes={"access_token": "accessToken"},
                may_take={"came_from": "corpId"},
            ),
            Call(
                "GET",
                "/v1.0/contact/users/me",
                headers={"x-acs-dingtalk-access-token": "{access_token}"},
                takes={"subject": "unionId"},
                may_take={"name": "nick"},
            ),
        ),
    ),
}


def filled(texts: Texts, values: Mapping[str, Any]) -> dict[str, str]:
    """The texts with values in their places. A value is put in as it is: what looks like a place in it is none."""
    return {key: text.format_map(values) for key, text in texts.items()}


def settings_of(access: Access) -> dict[str, str]:
    """What the settings put into the places."""
    return {
        "client_id": access.client_id,
        "client_secret": access.client_secret,
        "agent_id": access.agent_id,
        "organisation": access.organisation,
    }


def page_url(messenger: Messenger, access: Access, *, callback: str, state: str, verifier: str) -> str:
    """Where the browser goes to: the messenger's own page, on the host of the declaration or the settings."""
    asked = {**messenger.asks, **(messenger.asks_of_organisation if access.organisation else {})}
    challenge = create_s256_code_challenge(verifier) if messenger.has_pkce else ""
    values = {**settings_of(access), "callback": callback, "state": state, "challenge": challenge}
    return f"{access.login_url or messenger.login_url}{messenger.page}?{urlencode(filled(asked, values))}"
