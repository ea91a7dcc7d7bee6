"""Three messengers on this machine, over real HTTP: they speak what WeCom, Feishu and DingTalk document.

``mood`` says how the servers behave: well, or like a server on a bad day or in bad hands.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, SECRET, AGENT = "app-1", "app-secret-1", "1000002"
COMPANY = "our-company"


@dataclass
class Desk:
    """What all three know: who sits at the browser, which codes are out, how they behave today."""

    subject: str = "somebody"
    name: str = "某人"
    company: str = COMPANY
    mood: str = "well"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    url: str = ""

    def settings(self, **more: str) -> dict[str, str]:
        """The environment of a panel that uses all three here."""
        found = {
            "ZHIDAN_WECOM_CORP_ID": CLIENT,
            "ZHIDAN_WECOM_SECRET": SECRET,
            "ZHIDAN_WECOM_AGENT_ID": AGENT,
            "ZHIDAN_FEISHU_APP_ID": CLIENT,
            "ZHIDAN_FEISHU_APP_SECRET": SECRET,
            "ZHIDAN_DINGTALK_CLIENT_ID": CLIENT,
            "ZHIDAN_DINGTALK_CLIENT_SECRET": SECRET,
        }
        for name in ("WECOM", "FEISHU", "DINGTALK"):
            found |= {f"ZHIDAN_{name}_LOGIN_URL": self.url, f"ZHIDAN_{name}_API_URL": self.url}
        return {**found, **more}

    def new_code(self, asked: dict[str, str]) -> str:
        """A code for one use."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked
        return code

    def new_token(self) -> str:
        """A token that the lookups accept."""
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return token


Answer = tuple[int, Any]


class Handler(BaseHTTPRequestHandler):
    """The pages and the calls."""

    desk: Desk

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path in PAGES:
            self._page(parts.path, asked)
        else:
            self._call(parts.path, asked)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        is_json = self.headers.get("Content-Type", "").startswith("application/json")
        self._call(self.path, json.loads(raw) if is_json else {})

    def _page(self, path: str, asked: dict[str, str]) -> None:
        """The person agrees, or does not; nobody has to press anything here."""
        client, code_word = PAGES[path]
        back = {"state": asked["state"]}
        if asked.get(client) != CLIENT:
            self._send(400, b"unknown application")
            return
        if self.desk.mood == "denied":
            back |= {} if path.startswith("/wwlogin") else {"error": "access_denied"}
        else:
            back[code_word] = self.desk.new_code(asked)
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def _call(self, path: str, asked: dict[str, str]) -> None:
        self.desk.asked[path] += 1
        if self._misbehaves(path):
            return
        status, body = CALLS[path](self, asked)
        self._send(status, json.dumps(body, ensure_ascii=False).encode())

    def _misbehaves(self, path: str) -> bool:
        mood = self.desk.mood
        if mood == "slow":
            time.sleep(2)
        elif mood == "drips":
            self._drip()
        elif mood == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"{self.desk.url}{path}")
            self.end_headers()
        elif mood in BODIES:
            status, body = BODIES[mood]
            self._send(status, body)
        elif mood == "packed":
            self._send(200, b"x", encoding="gzip")
        else:
            return False
        return True

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(40):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def _send(self, status: int, body: bytes, encoding: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    # WeCom: errors are answers with status 200 and a number.
    def wecom_token(self, asked: dict[str, str]) -> Answer:
        if (asked.get("corpid"), asked.get("corpsecret")) != (CLIENT, SECRET):
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        return 200, {"errcode": 0, "errmsg": "ok", "access_token": self.desk.new_token(), "expires_in": 7200}

    def wecom_user(self, asked: dict[str, str]) -> Answer:
        if asked.get("access_token") not in self.desk.tokens:
            return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
        out = self.desk.codes.pop(asked.get("code", ""), None)
        if out is None or out.get("agentid") != AGENT or out.get("login_type") != "CorpApp":
            return 200, {"errcode": 40029, "errmsg": "invalid code"}
        who = "userid" if self.desk.company == COMPANY else "openid"
        return 200, {"errcode": 0, "errmsg": "ok", who: self.desk.subject}

    # Feishu: RFC 6749 with JSON, PKCE where the page was asked for it.
    def feishu_token(self, asked: dict[str, str]) -> Answer:
        if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT, SECRET):
            return 400, {"code": 20002, "error": "invalid_client"}
        out = self.desk.codes.pop(asked.get("code", ""), None)
        if out is None or asked.get("redirect_uri") != out["redirect_uri"]:
            return 400, {"code": 20003, "error": "invalid_grant"}
        mark = urlsafe_b64encode(sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if out.get("code_challenge_method") != "S256" or out.get("code_challenge") != mark:
            return 400, {"code": 20049, "error": "invalid_grant"}
        return 200, {"code": 0, "access_token": self.desk.new_token(), "expires_in": 7200, "token_type": "Bearer"}

    def feishu_user(self, _asked: dict[str, str]) -> Answer:
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.desk.tokens:
            return 400, {"code": 20005, "msg": "invalid access token"}
        data = {"open_id": self.desk.subject, "name": self.desk.name, "tenant_key": self.desk.company}
        return 200, {"code": 0, "msg": "success", "data": data}

    # DingTalk: errors are statuses with a word.
    def dingtalk_token(self, asked: dict[str, str]) -> Answer:
        if (asked.get("clientId"), asked.get("clientSecret")) != (CLIENT, SECRET):
            return 400, {"code": "invalidClientIdOrSecret"}
        out = self.desk.codes.pop(asked.get("code", ""), None)
        if out is None or asked.get("grantType") != "authorization_code":
            return 400, {"code": "invalidParameter.authCode.notFound"}
        more = {"corpId": self.desk.company} if "corpid" in out["scope"] else {}
        return 200, {"accessToken": self.desk.new_token(), "refreshToken": "r", "expireIn": 7200, **more}

    def dingtalk_user(self, _asked: dict[str, str]) -> Answer:
        if self.headers.get("x-acs-dingtalk-access-token") not in self.desk.tokens:
            return 401, {"code": "InvalidAuthentication"}
        return 200, {"nick": self.desk.name, "unionId": self.desk.subject, "openId": "o-1"}


# Path of the page → the argument that names the application, and the one in which the code goes back.
PAGES = {
    "/wwlogin/sso/login": ("appid", "code"),
    "/open-apis/authen/v1/authorize": ("client_id", "code"),
    "/oauth2/auth": ("client_id", "authCode"),
}
CALLS = {
    "/cgi-bin/gettoken": Handler.wecom_token,
    "/cgi-bin/auth/getuserinfo": Handler.wecom_user,
    "/open-apis/authen/v2/oauth/token": Handler.feishu_token,
    "/open-apis/authen/v1/user_info": Handler.feishu_user,
    "/v1.0/oauth2/userAccessToken": Handler.dingtalk_token,
    "/v1.0/contact/users/me": Handler.dingtalk_user,
}
BODIES: dict[str, tuple[int, bytes]] = {
    "page": (200, b"<html>maintenance</html>"),
    "list": (200, b"[1, 2]"),
    "empty": (200, b""),
    "half": (200, b'{"errcode": 0, "access_token": "x'),
    "deep": (200, b"[" * 60_000),
    "huge": (200, b'{"x": "' + b"a" * 200_000 + b'"}'),
    "not utf-8": (200, b'{"errcode": 0, "code": 0, "access_token": "\xff"}'),
    "fault": (500, b'{"errcode": 0}'),
    "busy": (429, b"{}"),
    "numbers": (200, b'{"errcode": 0, "code": 0, "access_token": 5, "accessToken": {"a": 1}}'),
}


@contextmanager
def open_desk() -> Iterator[Desk]:
    """The servers, for as long as the block lasts."""
    desk = Desk()
    handler = type("DeskHandler", (Handler,), {"desk": desk})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    desk.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
