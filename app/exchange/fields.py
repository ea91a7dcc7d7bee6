"""Fields of a table that comes in: the names columns are known by; those of an order book, and the words in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from models.labels import CustomerKind, OrderType, ProductCategory


@dataclass(frozen=True)
class Field:
    """A field of ours. ``aliases`` are headers it is recognised by, without spaces and in small letters.

    A field of a declared table knows its column: type, words and explanation follow from it.
    """

    name: str
    label: Any
    aliases: tuple[str, ...]
    is_required: bool = True
    limit: int = 0
    column: sa.Column[Any] | None = None
    # What a blank cell of a new record means stands in the template's explanation.
    help: Any = ""


ORDER_FIELDS: Final = (
    Field("row_id", _l("Row ID"), ("行id", "rowid"), is_required=False, limit=40),
    Field(
        "order_no", _l("Order number"), ("订单id", "订单号", "订单编号", "orderid", "orderno", "ordernumber"), limit=60
    ),
    Field("ordered_on", _l("Order date"), ("订单日期", "下单日期", "orderdate")),
    Field("shipped_on", _l("Ship date"), ("发货日期", "装运日期", "shipdate")),
    Field("ship_class", _l("Shipping class"), ("邮寄方式", "装运模式", "shipmode"), is_required=False, limit=40),
    Field("customer_key", _l("Customer ID"), ("客户id", "客户编号", "customerid"), limit=60),
    Field("customer_name", _l("Customer name"), ("客户名称", "客户姓名", "customername"), limit=100),
    Field("segment", _l("Segment"), ("细分", "客户类型", "segment"), limit=40),
    Field("city", _l("City"), ("城市", "city"), is_required=False, limit=40),
    Field("province", _l("Province"), ("省/自治区", "省份", "省", "province", "state"), is_required=False, limit=40),
    Field("product_key", _l("Product ID"), ("产品id", "产品编号", "商品编码", "productid"), limit=40),
    Field("category", _l("Category"), ("子类别", "subcategory"), is_required=False, limit=40),
    Field("product_name", _l("Product name"), ("产品名称", "商品名称", "productname"), limit=120),
    Field("amount", _l("Line amount after discount"), ("销售额", "行金额", "sales")),
    Field("qty", _l("Quantity"), ("数量", "quantity", "qty")),
    Field("discount", _l("Discount (0 to 1)"), ("折扣", "discount"), is_required=False),
)

RETURN_FIELDS: Final = (
    Field(
        "order_no", _l("Order number"), ("订单id", "订单号", "订单编号", "orderid", "orderno", "ordernumber"), limit=60
    ),
    Field("returned", _l("Returned"), ("退回", "是否退货", "returned"), limit=10),
)


@dataclass(frozen=True)
class Segment:
    """What a segment says of the customer and of his orders."""

    kind: CustomerKind
    order_type: OrderType


_PERSON = Segment(CustomerKind.person, OrderType.retail)
_COMPANY = Segment(CustomerKind.company, OrderType.bulk)
SEGMENTS: Final[Mapping[str, Segment]] = {
    "消费者": _PERSON,
    "公司": _COMPANY,
    "小型企业": _COMPANY,
    "consumer": _PERSON,
    "corporate": _COMPANY,
    "homeoffice": _COMPANY,
}
SHIP_CLASSES: Final = frozenset(
    {"标准级", "一级", "二级", "当日", "standardclass", "firstclass", "secondclass", "sameday"}
)
CATEGORIES: Final[Mapping[str, ProductCategory]] = {
    "椅子": ProductCategory.chair,
    "书架": ProductCategory.bookcase,
    "桌子": ProductCategory.table,
    "用具": ProductCategory.accessory,
    "沙发": ProductCategory.sofa,
    "床": ProductCategory.bed,
    "chairs": ProductCategory.chair,
    "bookcases": ProductCategory.bookcase,
    "tables": ProductCategory.table,
    "furnishings": ProductCategory.accessory,
}
YES: Final = frozenset({"是", "yes", "y", "true", "1"})
NO: Final = frozenset({"否", "no", "n", "false", "0"})


LANGUAGES: Final = ("zh", "en")


def in_every_language(text: Any) -> dict[str, str]:
    """A translatable text by language, whichever the reader has: workbooks are passed on."""
    found = {}
    for language in LANGUAGES:
        with force_locale(language):
            found[language] = str(text)
    return found


def names_of(field: Field) -> tuple[str, ...]:
    """Everything a header may say for a field: its label in both languages, then its other names."""
    return tuple(dict.fromkeys([*map(folded, in_every_language(field.label).values()), *field.aliases]))


def folded(text: str) -> str:
    """A header or word without spaces, signs of joining and capital letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "_-")
