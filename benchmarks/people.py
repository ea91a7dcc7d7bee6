"""Invented customers and products, the same for the same number."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from pypinyin import lazy_pinyin

from app.kernel.search import pieces
from app.services.customer import rules as customer_rules
from app.services.product import rules as product_rules
from benchmarks.copying import NULL, Sheet
from models.customer import Customer, CustomerAddress
from models.product import Product, Stock

if TYPE_CHECKING:
    import psycopg

PRODUCTS: Final = 400
MADE_AT: Final = "2021-06-01 09:00+08"
SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚"
FIRST: Final = "建国志明晓文海伟丽秀红玉春桂雪小德家永立新俊子思雨佳嘉欣梦美金庆振宏大天正少光世宇凯浩泽梓"
SECOND: Final = "国华明军平东辉强峰龙涛斌波鹏杰勇刚磊芳英兰梅霞娟燕玲萍丹莉婷敏静琴云珍芬怡涵轩豪然航宁博"
PLACES: Final = (
    ("广东省", "佛山市", "顺德区"),
    ("浙江省", "杭州市", "余杭区"),
    ("江苏省", "南京市", "江宁区"),
    ("四川省", "成都市", "双流区"),
    ("山东省", "青岛市", "黄岛区"),
    ("北京市", "北京市", "朝阳区"),
    ("上海市", "上海市", "浦东新区"),
    ("湖北省", "武汉市", "江夏区"),
)
STREETS: Final = ("人民路", "建设大道", "解放街", "和平路", "文化路", "迎宾大道", "滨江路", "学府路")
COMPANIES: Final = ("科技有限公司", "贸易有限公司", "置业有限公司", "酒店管理有限公司", "实验学校")
WOODS: Final = ("白橡木", "黑胡桃", "樱桃木", "榉木", "松木", "水曲柳")
THINGS: Final = (
    ("sofa", "沙发", 4200),
    ("bed", "双人床", 3600),
    ("wardrobe", "衣柜", 5200),
    ("bookcase", "书柜", 2600),
    ("table", "餐桌", 2900),
    ("chair", "餐椅", 480),
    ("desk", "书桌", 1900),
    ("cabinet", "电视柜", 2200),
)
# One in so many customers is an organisation.
ORGANISATIONS: Final = 12


def person(number: int) -> tuple[str, str]:
    """A name and its full pinyin with initials, by number."""
    rng = random.Random(number * 7919 + 17)
    parts = [rng.choice(SURNAMES), rng.choice(FIRST), rng.choice(SECOND)]
    return "".join(parts), _spelling(parts)


_SOUNDS: Final = {sign: lazy_pinyin(sign)[0] for sign in {*SURNAMES, *FIRST, *SECOND}}


def _spelling(parts: list[str]) -> str:
    sounds = [_SOUNDS[part] for part in parts]
    return f"{''.join(sounds)} {''.join(sound[0] for sound in sounds)}"


def phone(number: int) -> str:
    """A mobile number that no other customer has."""
    return f"13{number:09d}"


class CustomerMaker:
    """Customers ``1 … count`` with one address each; the address has the customer's number."""

    def __init__(self, user_id: int) -> None:
        stamps = {"created_by_id": str(user_id), "updated_by_id": str(user_id), "updated_at": MADE_AT}
        self.customers = Sheet(
            Customer.__table__,
            "code kind name uscc phone province city level search_text source_channel created_at",
            **stamps,
        )
        self.addresses = Sheet(
            CustomerAddress.__table__,
            "customer_id contact_name contact_phone province city district detail floor",
            label="收货地址",
            is_default="t",
            created_at=MADE_AT,
            **stamps,
        )

    def make(self, number: int) -> None:
        """Add one customer."""
        name, spelled = person(number)
        province, city, district = PLACES[number % len(PLACES)]
        code, mobile, uscc, kind = f"CUS-{number:08d}", phone(number), NULL, "person"
        contact = name
        if number % ORGANISATIONS == 0:
            name = f"{city[:2]}{name}{COMPANIES[number % len(COMPANIES)]}"
            kind = "company"
            body = f"91{number:015d}"
            uscc = body + customer_rules.check_character(body)
            text = customer_rules.search_text(name, code, mobile, uscc)
        else:
            text = f"{name} {code.lower()} {mobile} {' '.join(pieces(name))} {spelled}"
        made = f"202{1 + number % 4}-{1 + number % 12:02d}-{1 + number % 28:02d} {number % 24:02d}:30+08"
        channel = ("online_mall", "phone", "onsite", "wechat")[number % 4]
        level = ("new", "a", "b", "c")[number % 4]
        self.customers.add(number, code, kind, name, uscc, mobile, province, city, level, text, channel, made)
        detail = f"{STREETS[number % len(STREETS)]}{number % 300 + 1}号{number % 18 + 1}栋{number % 30 + 1}01室"
        self.addresses.add(number, number, contact, mobile, province, city, district, detail, number % 30 + 1)

    def send(self, cursor: psycopg.Cursor) -> None:
        """COPY what has gathered."""
        self.customers.send(cursor)
        self.addresses.send(cursor)


def price(number: int) -> int:
    """The list price of a product in 分."""
    return (THINGS[number % len(THINGS)][2] + number * 7 % 900) * 100


def is_made_to_order(number: int) -> bool:
    """Whether a product is made for each order."""
    return number % 5 < 2


def needs_install(number: int) -> bool:
    """Whether a product is installed."""
    return THINGS[number % len(THINGS)][0] in {"bed", "wardrobe"}


def load_products(cursor: psycopg.Cursor, user_id: int) -> None:
    """All products with stock in one warehouse."""
    stamps = {
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
        "created_by_id": str(user_id),
        "updated_by_id": str(user_id),
    }
    products = Sheet(
        Product.__table__,
        "sku_code name category supply_mode material needs_install list_price search_text",
        series="云栖",
        pack_volume="0.800",
        length_mm="1800",
        width_mm="900",
        height_mm="800",
        **stamps,
    )
    stocks = Sheet(Stock.__table__, "product_id", qty_on_hand="500.000", **stamps)
    for number in range(1, PRODUCTS + 1):
        category, thing, _ = THINGS[number % len(THINGS)]
        wood = WOODS[number % len(WOODS)]
        sku, name = f"YX-{number:04d}", f"云栖{wood}{thing}{number}号"
        mode = "make_to_order" if is_made_to_order(number) else "stock"
        installed = "t" if needs_install(number) else "f"
        text = product_rules.search_text(sku, name, "云栖")
        products.add(number, sku, name, category, mode, wood, installed, f"{price(number) // 100}.0000", text)
        stocks.add(number, number)
    products.send(cursor)
    stocks.send(cursor)
