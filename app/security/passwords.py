"""What a password must be: ten characters, three of four kinds, none that is tried first, nothing of oneself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from flask import current_app
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_babel import lazy_gettext as _l

SHORTEST = 10
# No password is cut: what is longer is refused where it is set, and is never right where it is asked.
LONGEST = 128
KINDS = 3
FEWEST_DIFFERENT = 5
# From here on the length makes up for a row of neighbours.
LONG = 20
SHORTEST_WORD = 3
SHORTEST_SYLLABLE = 2
_KINDS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")

# Long enough and of three kinds, and still the first that are tried; compared without case.
COMMON = frozenset({
    "password123!", "password1234", "password@123", "passw0rd123", "passw0rd!23", "p@ssw0rd123", "p@ssword123",
    "qwerty123456", "qwerty12345!", "1qaz2wsx3edc", "1qaz@wsx3edc", "1qaz!qaz2wsx", "zaq12wsxcde3", "admin123456",
    "admin12345!", "admin@123456", "administrator1", "changeme123!", "welcome123!", "welcome@123", "letmein123!",
    "iloveyou123", "woaini1314520", "woaini520!", "a123456789!", "aa123456789", "abc123456789", "abcd123456!",
    "abcd@123456", "huawei@123456", "test123456!", "root123456!", "qq123456789", "1234567890a!", "asdf123456!",
    "1qaz@wsx#edc", "!qaz2wsx#edc", "q1w2e3r4t5y6", "qwer1234!@#$", "qaz123wsx456", "zxcvbnm123!", "1q2w3e4r5t!",
})  # fmt: skip

# What is left of a password without digits and signs, once letters that were swapped for them are put back. Words that
# lead the lists of leaked passwords, here with the habits of this country: pinyin, cities, companies, the keyboard.
STEMS = frozenset(
    "password passwd pass passwort pwd admin administrator root super superuser supervisor system manager master guest"
    " user test testing demo default change changeme welcome login letmein hello hi secret access server service"
    " oracle mysql postgres sysadmin webadmin office company security computer internet windows microsoft google apple"
    " iphone samsung facebook football baseball basketball dragon monkey shadow sunshine princess superman batman"
    " michael jordan charlie daniel jessica love lover iloveyou loveyou ilove trustno summer winter spring autumn"
    " monday friday january february march april june july august september october november december"
    " abc abcd abcde abcdef abcdefg abcdefgh a aa aaa ab qq q w x z zz xx qwe qwer qwert qwerty qwertyu qwertyui"
    " qwertyuiop asd asdf asdfg asdfgh asdfghjkl zxc zxcv zxcvb zxcvbn zxcvbnm qaz wsx edc qazwsx qazwsxedc wsxedc"
    " qweasd qweasdzxc qwaszx zaq zaqwsx poiuyt lkjhgf mnbvcxz"
    " mima wodemima mimashi woaini woaiwo woaiwojia woaiziji woaibaobao woaizhongguo aini ainiyiwannian woshi wojiushi"
    " wo ni nihao nihaoma zhongguo zhonghua beijing shanghai guangzhou shenzhen tianjin chongqing chengdu hangzhou"
    " nanjing wuhan suzhou xian foshan dongguan guangdong zhejiang jiangsu sichuan china chinese taobao tmall alibaba"
    " aliyun alipay zhifubao weixin wechat qqmima tencent tengxun baidu huawei xiaomi jingdong jd douyin weibo"
    " laopo laogong baobao baobei gongsi caiwu dingdan jiaju guanliyuan guanli xitong ceshi yonghu denglu"
    " xinnian xinniankuaile shengrikuaile facai gongxifacai jixiang fugui wanshiruyi zhangsan lisi wangwu liming"
    " wang li zhang liu chen yang huang zhao wu zhou".split()
)
_SWAPPED = str.maketrans("@4301$5!7", "aaeoissit")
_RUN = 4

TOO_WEAK = _l("At least 10 characters with three of these four: small letters, capital letters, digits, other signs.")
TOO_COMMON = _l("This password is among the first that are tried. Please choose another one.")
TOO_LONG = _l("At most 128 characters.")
TOO_OWN = _l("Your name, your user name and the name of the company have no place in the password.")


def check_password(password: str, about: Iterable[str] = ()) -> None:
    """Raises PasswordComplexityValidationError, the framework's own error, with a sentence that says what to do.

    Args:
        about: words that others connect with the person: user name, name, mail address.
    """
    kinds = sum(1 for kind in _KINDS if re.search(kind, password))
    if len(password) < SHORTEST or kinds < KINDS:
        raise PasswordComplexityValidationError(str(TOO_WEAK))
    if len(password) > LONGEST:
        raise PasswordComplexityValidationError(str(TOO_LONG))
    if is_common(password):
        raise PasswordComplexityValidationError(str(TOO_COMMON))
    plain = re.sub(r"[\W_]", "", password.casefold())
    if any(word in plain for word in own_words(about)):
        raise PasswordComplexityValidationError(str(TOO_OWN))


def own_words(about: Iterable[str]) -> set[str]:
    """Words of a person and of the company that are long enough to mean something: 李静, but not Li."""
    found = set()
    for text in (*about, *current_app.config.get("COMPANY_WORDS", ())):
        for word in (*re.split(r"[\W_]+", text.casefold()), re.sub(r"[\W_]", "", text.casefold())):
            if len(word) >= (SHORTEST_WORD if word.isascii() else SHORTEST_SYLLABLE) and not word.isdecimal():
                found.add(word)
    return found


def is_common(password: str) -> bool:
    """Whether it leads the lists: as it stands, as a word with digits and signs around it, or as a row of keys."""
    lowered = password.casefold()
    if lowered in COMMON:
        return True
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lowered)
    for text in (lowered, core.translate(_SWAPPED)):
        words = re.findall(r"[^\W\d_]+", text)
        if not words or "".join(words) in STEMS or all(word in STEMS for word in words):
            return True
    return len(lowered) < LONG and (len(set(lowered)) < FEWEST_DIFFERENT or _is_row(lowered))


def _is_row(lowered: str) -> bool:
    """One row of neighbours from the first sign to the last but a few: Abcdefgh123!, 12345678aB."""
    steps = [ord(after) - ord(before) for before, after in pairwise(lowered)]
    in_row = sum(1 for step in steps if step in {1, 0, -1})
    return len(steps) - in_row < _RUN
