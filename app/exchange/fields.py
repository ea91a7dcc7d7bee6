"""What an order book must say: the fields, the names columns are known by, and the words that stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from models.labels import CustomerKind, OrderType, ProductCategory


@dataclass(frozen=True)
class Field:
    """A field of ours. ``aliases`` are headers it is recognised by, without spaces and in small letters."""

    name: str
    label: Any
    aliases: tuple[str, ...]
    is_required: bool = True
    limit: int = 0


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

BY_PART: Final[Mapping[str, tuple[Field, ...]]] = {"orders": ORDER_FIELDS, "returns": RETURN_FIELDS}


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


def folded(text: str) -> str:
    """A header or word without spaces, signs of joining and capital letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if not sign.isspace() and sign not in "_-")
