"""The demo company's customers: persons and organisations with an address each, invented from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from faker import Faker

from models.labels import Channel, CustomerKind, CustomerLevel, Elevator

SEED = 20261123
PERSONS = 18

# province, city, district, streets
_PLACES = (
    ("浙江省", "杭州市", "西湖区", ("文三路", "古墩路", "紫荆花路")),
    ("浙江省", "杭州市", "滨江区", ("江南大道", "长河路", "滨盛路")),
    ("浙江省", "宁波市", "鄞州区", ("天童北路", "首南中路")),
    ("上海市", "上海市", "浦东新区", ("锦绣路", "张杨路", "云台路")),
    ("上海市", "上海市", "闵行区", ("七莘路", "沪闵路")),
    ("江苏省", "南京市", "鼓楼区", ("汉口路", "中央路")),
    ("江苏省", "苏州市", "吴中区", ("宝带东路", "东吴北路")),
    ("江苏省", "无锡市", "滨湖区", ("蠡湖大道", "太湖大道")),
    ("安徽省", "合肥市", "蜀山区", ("长江西路", "潜山路")),
    ("广东省", "深圳市", "南山区", ("科苑路", "南海大道")),
    ("北京市", "北京市", "朝阳区", ("望京街", "北苑路")),
    ("湖北省", "武汉市", "洪山区", ("珞喻路", "雄楚大道")),
)

_ORGANISATIONS = (
    (CustomerKind.company, "杭州云启科技有限公司", CustomerLevel.a),
    (CustomerKind.company, "宁波海岸酒店管理有限公司", CustomerLevel.b),
    (CustomerKind.company, "上海朗诚建筑装饰工程有限公司", CustomerLevel.a),
    (CustomerKind.company, "苏州知行培训有限公司", CustomerLevel.b),
    (CustomerKind.company, "合肥众望置业有限公司", CustomerLevel.b),
    (CustomerKind.company, "深圳微光设计有限公司", CustomerLevel.c),
    (CustomerKind.institution, "南京市鼓楼区康宁医院", CustomerLevel.b),
    (CustomerKind.institution, "武汉洪山实验中学", CustomerLevel.b),
    (CustomerKind.government, "杭州市西湖区教育服务中心", CustomerLevel.a),
    (CustomerKind.government, "无锡市滨湖区行政服务中心", CustomerLevel.b),
    (CustomerKind.other, "本厂展厅样品", CustomerLevel.new),
)

_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True)
class DemoCustomer:
    """Values for ``create_customer`` and for the address."""

    values: dict[str, Any]
    address: dict[str, Any]


def demo_customers() -> Iterator[DemoCustomer]:
    """Always the same customers."""
    random = Random(SEED)  # noqa: S311 - invented data, not a secret
    fake = Faker("zh_CN")
    fake.seed_instance(SEED)
    for index in range(PERSONS):
        name = fake.name()
        values = {
            "kind": CustomerKind.person,
            "name": name,
            "level": random.choice((CustomerLevel.new, CustomerLevel.b, CustomerLevel.c)),
            "wechat": f"wx_{fake.user_name()}" if index % 3 == 0 else None,
        }
        yield _customer(random, fake, values, name)
    for kind, name, level in _ORGANISATIONS:
        has_code = kind is not CustomerKind.other
        values = {"kind": kind, "name": name, "level": level, "uscc": credit_code(random, kind) if has_code else None}
        yield _customer(random, fake, values, fake.name())


def _customer(random: Random, fake: Faker, values: dict[str, Any], contact: str) -> DemoCustomer:
    province, city, district, streets = random.choice(_PLACES)
    phone = fake.phone_number()
    is_person = values["kind"] is CustomerKind.person
    floor = random.randint(1, 6) if random.random() < 0.4 else random.randint(7, 26)  # noqa: PLR2004 - odds
    needs_lift = floor > 6  # noqa: PLR2004 - houses of up to six floors have none
    street = f"{random.choice(streets)}{random.randint(1, 980)}号"
    detail = f"{street}{random.randint(1, 30)}幢{floor}0{random.randint(1, 4)}室" if is_person else street
    channels = (Channel.online_mall, Channel.phone, Channel.onsite) if is_person else (Channel.email, Channel.onsite)
    return DemoCustomer(
        {
            **values,
            "phone": phone,
            "province": province,
            "city": city,
            "source_channel": random.choice(channels),
        },
        {
            "label": "家" if is_person else "收货地址",
            "contact_name": contact,
            "contact_phone": phone,
            "province": province,
            "city": city,
            "district": district,
            "detail": detail,
            "floor": floor if is_person else 1,
            "elevator": Elevator.passenger if needs_lift and is_person else Elevator.none,
            "is_default": True,
        },
    )


def credit_code(random: Random, kind: CustomerKind) -> str:
    """A unified social credit code with a right check sign (GB 32100-2015) that belongs to nobody we know."""
    first = "11" if kind is CustomerKind.government else "12" if kind is CustomerKind.institution else "91"
    body = first + "330100" + "".join(random.choice(_CODE_SIGNS) for _ in range(9))
    total = sum(_CODE_SIGNS.index(sign) * weight for sign, weight in zip(body, _CODE_WEIGHTS, strict=True))
    return body + _CODE_SIGNS[-total % len(_CODE_SIGNS)]
