"""The demo company's articles, and what the warehouse has of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.labels import EnvGrade, ProductCategory, SupplyMode

STOCK, ORDERED, CUSTOM = SupplyMode.stock, SupplyMode.make_to_order, SupplyMode.custom

# sku, name, category, supply, list price, cost, (l, w, h) mm, (pieces a pack, packs a set, volume, kg), lead days,
# warranty months, material, finish, colour, installed, unit
_ROWS: tuple[tuple[Any, ...], ...] = (
    ("SOF-OSLO-3S-GRY", "奥斯陆三人位布艺沙发", "sofa", STOCK, "6800", "3950", (2180, 920, 850), (1, 1, "1.705", "62"),
     7, 24, "桉木框架/高回弹海绵", "棉麻布 F-2208", "浅灰", True, "件"),
    ("CHR-NORD-01", "北欧餐椅", "chair", STOCK, "680", "352", (480, 540, 820), (2, 1, "0.240", "13"),
     7, 12, "白橡实木", "木蜡油", "原木色", True, "件"),
    ("TBL-NORD-1600", "北欧餐桌", "table", STOCK, "4200", "2310", (1600, 850, 750), (1, 2, "0.320", "58"),
     7, 12, "白橡实木/多层板", "W03 哑光", "胡桃木色", True, "件"),
    ("BED-LUNA-1800", "露娜双人床", "bed", ORDERED, "5600", "3080", (2120, 1880, 1050), (1, 3, "0.620", "96"),
     20, 12, "实木框架/多层板", "超纤皮", "米白", True, "件"),
    ("WRD-CUST-M2", "定制衣柜（投影面积）", "wardrobe", CUSTOM, "1280", "690", (0, 600, 2400), (1, 1, "0.180", "46"),
     30, 60, "ENF 级颗粒板", "免漆饰面", "暖白", True, "m²"),
    ("BKC-CUST-01", "定制书柜", "bookcase", CUSTOM, "1200", "640", (800, 320, 2200), (1, 2, "0.400", "55"),
     30, 60, "ENF 级多层板", "W03 哑光", "胡桃木色", True, "件"),
    ("HDB-HOTEL-18", "酒店床头板", "hotel", CUSTOM, "2300", "1240", (1900, 80, 1200), (1, 1, "0.210", "38"),
     30, 60, "阻燃多层板/软包", "阻燃皮革", "深棕", True, "件"),
    ("TBL-MEET-24", "会议桌", "table", ORDERED, "3600", "1980", (2400, 1200, 750), (1, 3, "0.520", "88"),
     20, 12, "E0 级颗粒板", "木皮", "浅胡桃", True, "件"),
    ("DSK-OFC-1400", "办公桌", "desk", ORDERED, "980", "530", (1400, 700, 750), (1, 2, "0.180", "41"),
     20, 12, "E0 级颗粒板/钢架", "三聚氰胺", "灰橡", True, "件"),
    ("CHR-OFC-ERG", "人体工学办公椅", "chair", ORDERED, "620", "335", (680, 680, 1200), (1, 1, "0.140", "17"),
     20, 12, "网布/铝合金脚", "", "黑色", False, "件"),
    ("CAB-OFC-2D", "双门文件柜", "steel_cabinet", ORDERED, "560", "298", (900, 400, 1800), (1, 1, "0.350", "39"),
     20, 12, "冷轧钢板 0.8 mm", "静电喷塑", "浅灰", False, "件"),
    ("DSK-STU-SET", "学生课桌椅（套）", "school", ORDERED, "385", "212", (600, 400, 760), (1, 1, "0.160", "15"),
     20, 36, "E0 级多层板/钢管", "ABS 封边", "枫木色", False, "套"),
    ("DSK-TCH", "讲台", "school", ORDERED, "1150", "640", (1000, 600, 1000), (1, 2, "0.450", "47"),
     20, 36, "E0 级多层板/钢架", "三聚氰胺", "枫木色", False, "件"),
    ("CHR-TCH", "教师椅", "school", ORDERED, "320", "176", (600, 600, 950), (1, 1, "0.140", "11"),
     20, 36, "网布/尼龙脚", "", "黑色", False, "件"),
)  # fmt: skip

# sku, standard, number, days until it runs out. What public buyers are sold holds longer than any order takes; others
# run out soon, have run out, or were renewed.
REPORTS: tuple[tuple[str, str, str, int], ...] = (
    ("DSK-STU-SET", "gb_18584", "WT-2026-0311", 310),
    ("DSK-STU-SET", "gb_28007", "WT-2026-0312", 310),
    ("DSK-STU-SET", "gbt_3976", "WT-2026-0313", 41),
    ("DSK-TCH", "gb_18584", "WT-2024-0907", -90),
    ("DSK-TCH", "gb_18584", "WT-2026-0314", 310),
    ("CHR-TCH", "gb_18584", "WT-2026-0315", 310),
    ("SOF-OSLO-3S-GRY", "gb_18584", "WT-2026-0402", 24),
    ("CHR-NORD-01", "gb_18584", "WT-2026-0403", 260),
    ("CHR-NORD-01", "gbt_3324", "WT-2026-0404", 260),
    ("TBL-NORD-1600", "gb_18584", "WT-2025-1208", -12),
    ("BED-LUNA-1800", "gb_18584", "WT-2026-0405", 260),
)
LABORATORY = "省家具质量检验检测中心"

# What is free to sell when the demo company is ready.
AVAILABLE: Mapping[str, Decimal] = {
    "SOF-OSLO-3S-GRY": Decimal(5),
    "CHR-NORD-01": Decimal(40),
    "TBL-NORD-1600": Decimal(7),
}


def product_values() -> list[dict[str, Any]]:
    """The articles as ``create_product`` takes them."""
    return [_values(row) for row in _ROWS]


def _values(row: tuple[Any, ...]) -> dict[str, Any]:
    (
        sku,
        name,
        category,
        supply,
        price,
        cost,
        size,
        packing,
        lead,
        warranty,
        material,
        finish,
        colour,
        installed,
        unit,
    ) = row
    length, width, height = size
    pieces, packs, volume, weight = packing
    return {
        "sku_code": sku,
        "name": name,
        "series": sku.split("-")[1].title() if supply is STOCK else None,
        "category": ProductCategory(category),
        "supply_mode": supply,
        "material": material,
        "finish": finish or None,
        "colour": colour,
        "env_grade": EnvGrade.enf if "ENF" in material else EnvGrade.e0,
        "length_mm": length,
        "width_mm": width,
        "height_mm": height,
        "unit": unit,
        "pieces_per_pack": pieces,
        "packs_per_set": packs,
        "pack_volume": Decimal(volume),
        "pack_weight_kg": Decimal(weight),
        "needs_install": installed,
        "lead_days": lead,
        "warranty_months": warranty,
        "list_price": Decimal(price),
        "standard_cost": Decimal(cost),
        "is_children": sku.startswith("DSK-STU"),
    }
