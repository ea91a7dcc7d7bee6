"""Rows of the sample workbooks, believable and free of real people; the first of each is the example of a template.

Values are those of the fields: words of vocabularies by their value, shown in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

Rows = Sequence[Mapping[str, Any]]
_ADDRESS: Final = (
    "label", "contact_name", "contact_phone", "province", "city", "district", "detail", "floor", "elevator",
)  # fmt: skip


def _person(name: str, phone: str, city: str, *address: Any, **more: Any) -> dict[str, Any]:
    values = {"kind": "person", "name": name, "phone": phone, "province": "浙江", "city": city, **more}
    placed = zip(_ADDRESS, ("家", name, phone, "浙江", city, *address), strict=False)
    return {**values, "source_channel": "phone"} | {f"customer_address.{key}": value for key, value in placed}


def _company(name: str, uscc: str, contact: str, phone: str, city: str, *address: Any) -> dict[str, Any]:
    values = {"kind": "company", "name": name, "uscc": uscc, "phone": phone, "province": "浙江", "city": city}
    placed = zip(_ADDRESS, ("公司", contact, phone, "浙江", city, *address), strict=False)
    return {**values, "source_channel": "tender"} | {f"customer_address.{key}": value for key, value in placed}


CUSTOMERS: Final[Rows] = (
    _person("示例 Example", "13900000000", "杭州", "西湖区", "示例路 1 号 2 幢 301", 3, "passenger"),
    _person("钱亦舟", "13955500101", "杭州", "拱墅区", "丽水路 88 号 5 幢 1202", 12, "passenger", note="周末送货"),
    _person("苏静宜", "13955500102", "宁波", "鄞州区", "江东北路 317 号 401", 4, "none"),
    _person("韩立群", "13955500103", "绍兴", "越城区", "胜利东路 60 号 2 幢 902", 9, "passenger"),
    _person("沈佳禾", "13955500104", "嘉兴", "南湖区", "中环南路 1882 号 8 幢 601", 6, "passenger"),
    _person("陆明远", "13955500105", "温州", "鹿城区", "车站大道 577 号 301", 3, "none"),
    _company("云栖民宿管理有限公司", "91330106MA27YUNQ8B", "孟经理", "057188880101", "杭州", "西湖区",
             "转塘街道 12 号", 1, "none"),
    _company("知行书院有限公司", "91330203MA28THXN0D", "方老师", "057488880102", "宁波", "海曙区",
             "中山西路 9 号", 2, "freight"),
)  # fmt: skip


def _product(sku: str, name: str, category: str, price: str, size: tuple[int, int, int], **more: Any) -> dict[str, Any]:
    length, width, height = size
    values = {"sku_code": sku, "name": name, "category": category, "supply_mode": "stock", "unit": "件"}
    sizes = {"length_mm": length, "width_mm": width, "height_mm": height}
    return {**values, "list_price": Decimal(price), "tax_rate": Decimal(13), **sizes, **more}


PRODUCTS: Final[Rows] = (
    _product("EXAMPLE-001", "示例 Example", "chair", "399", (450, 520, 820), series="示例", material="榉木"),
    _product("SMP-CH-01", "拾光餐椅", "chair", "429", (450, 520, 820), series="拾光", material="白蜡木", colour="原木"),
    _product("SMP-TB-01", "拾光餐桌 1.6 米", "table", "2680", (1600, 850, 750), series="拾光", material="白蜡木",
             packs_per_set=2, needs_install=True),
    _product("SMP-BC-01", "叠云书架五层", "bookcase", "1280", (800, 320, 1850), series="叠云", material="橡木"),
    _product("SMP-SF-01", "云栖三人沙发", "sofa", "5980", (2180, 930, 820), series="云栖", colour="雾灰",
             supply_mode="make_to_order", lead_days=25),
    _product("SMP-BD-01", "知眠床 1.8 米", "bed", "4280", (2080, 1880, 1000), series="知眠", material="胡桃木",
             packs_per_set=3, needs_install=True),
    _product("SMP-DK-01", "伏案升降书桌", "desk", "3180", (1400, 700, 1180), series="伏案", material="竹"),
)  # fmt: skip


def _order(row: int, no: str, days: tuple[date, date], customer: tuple[str, ...], *goods: Any) -> dict[str, Any]:
    key, name, segment, city = customer
    sku, product, category, amount, qty = goods
    return {
        "row_id": row,
        "order_no": no,
        "ordered_on": days[0],
        "shipped_on": days[1],
        "ship_class": "标准级",
        "customer_key": key,
        "customer_name": name,
        "segment": segment,
        "city": city,
        "province": "浙江",
        "product_key": sku,
        "category": category,
        "product_name": product,
        "amount": Decimal(amount),
        "qty": qty,
        "discount": Decimal(0),
    }


_FIRST = (date(2025, 3, 4), date(2025, 3, 9))
_SECOND = (date(2025, 6, 18), date(2025, 6, 27))
_THIRD = (date(2025, 9, 2), date(2025, 9, 5))
_QIAN = ("SMP-K-1", "钱亦舟", "消费者", "杭州")
_YUNQI = ("SMP-K-2", "云栖民宿管理有限公司", "公司", "杭州")
_SHEN = ("SMP-K-3", "沈佳禾", "消费者", "嘉兴")
ORDERS: Final[Rows] = (
    _order(0, "EXAMPLE-1", _FIRST, ("EXAMPLE", "示例 Example", "消费者", "杭州"), "EXAMPLE-001", "示例 Example", "椅子",
           "798", 2),
    _order(1, "SMP-2025-001", _FIRST, _QIAN, "SMP-OLD-11", "旧款餐椅", "椅子", "1716", 4),
    _order(2, "SMP-2025-001", _FIRST, _QIAN, "SMP-OLD-12", "旧款餐桌", "桌子", "2680", 1),
    _order(3, "SMP-2025-002", _SECOND, _YUNQI, "SMP-OLD-13", "旧款书架", "书架", "12800", 10),
    _order(4, "SMP-2025-003", _THIRD, _SHEN, "SMP-OLD-11", "旧款餐椅", "椅子", "858", 2),
    _order(5, "SMP-2025-003", _THIRD, _SHEN, "SMP-OLD-14", "旧款台灯", "用具", "268.5", 1),
)  # fmt: skip
