"""What can be imported, one declaration a subject: where its columns come from, how a record is found again.

The columns of customers and products are those of their forms: a new column of a form comes in without a line here.
Past orders have columns of their own and a plan of their own (``app.exchange.orders``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from app.exchange.door import Door
from app.exchange.fields import ORDER_FIELDS, RETURN_FIELDS, Field, folded, in_every_language, names_of
from app.exchange.samples import CUSTOMERS, ORDERS, PRODUCTS
from app.kernel.context import Actor
from app.kernel.naming import entity_name
from app.services.customer.actions import set_customer_active
from app.services.customer.rules import plain_phone
from app.services.product.actions import set_product_active
from models.customer import Customer, CustomerAddress
from models.labels import CustomerKind
from models.order import Order
from models.product import Product

RETURNS: Final = "returns"
Raw = Mapping[str, str]


@dataclass(frozen=True)
class Key:
    """A column by which a record is found again. The first one that is filled in decides.

    ``is_given``: the house gives it, so an unknown one is a mistake and never a new record. ``applies``: for which
    rows of a file it counts; ``among``: among which records it is looked for.
    """

    column: str
    is_given: bool = False
    applies: Callable[[Raw], bool] = lambda _raw: True
    among: Callable[[], Any] = sa.true


@dataclass(frozen=True)
class Table:
    """A table whose rows come in: its keys, other names of its columns, how typed values are cleaned.

    ``parent`` is the column that leads to the record a row belongs to; ``borrows`` fills an empty cell from there.
    """

    model: type[Any]
    keys: tuple[Key, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clean: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    set_active: Callable[..., Any] | None = None
    parent: str | None = None
    same: tuple[str, ...] = ()
    needs: str = ""
    borrows: Mapping[str, str] = field(default_factory=dict)

    @property
    def entity(self) -> str:
        """The word of the table."""
        return entity_name(self.model)


@dataclass(frozen=True)
class Subject:
    """Something that can be imported. ``table`` is None where a plan of its own brings it in."""

    model: type[Any]
    part: str
    label: Any
    intro: Any
    icon: str
    sample: Sequence[Mapping[str, Any]]
    table: Table | None = None
    child: Table | None = None
    fields: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The word of the records that come in."""
        return entity_name(self.model)

    @property
    def parts(self) -> tuple[str, ...]:
        """The sheets it has."""
        return (self.part,) if self.table is not None else (self.part, RETURNS)

    @property
    def example(self) -> Mapping[str, Any]:
        """The row that a template begins with; it is never taken for a record."""
        return self.sample[0]

    def permission(self, word: str) -> str:
        """A right on the subject, as ``customer.import``."""
        return f"{self.name}.{word}"


def _is_person(raw: Raw) -> bool:
    return raw.get("kind", CustomerKind.person.value) == CustomerKind.person.value


CUSTOMER_TABLE: Final = Table(
    Customer,
    keys=(
        Key("code", is_given=True),
        Key("uscc"),
        Key("phone", applies=_is_person, among=lambda: Customer.kind == CustomerKind.person),
        Key("name", applies=lambda raw: not _is_person(raw), among=lambda: Customer.kind != CustomerKind.person),
    ),
    aliases={
        "code": ("客户编号", "客户编码"),
        "name": ("客户名称", "客户姓名", "姓名", "名称", "customer", "customername"),
        "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "mobile", "telephone", "tel"),
        "kind": ("客户类型", "类型", "customertype", "type"),
        "uscc": ("税号", "信用代码", "统一社会信用代码"),
        "email": ("邮箱", "电子邮箱", "mail"),
        "note": ("备注", "remark", "remarks"),
        "credit_limit_amount": ("信用额度",),
    },
    clean={"phone": plain_phone, "uscc": str.upper},
    set_active=set_customer_active,
)
ADDRESS_TABLE: Final = Table(
    CustomerAddress,
    parent="customer_id",
    same=("city", "district", "detail"),
    needs="detail",
    aliases={
        "contact_name": ("联系人", "收货人", "receiver"),
        "contact_phone": ("联系人电话", "收货电话"),
        "detail": ("地址", "详细地址", "收货地址", "address", "street"),
        "district": ("区县", "区"),
        "floor": ("楼层",),
        "elevator": ("电梯",),
    },
    borrows={"contact_name": "name", "contact_phone": "phone", "province": "province", "city": "city"},
)
PRODUCT_TABLE: Final = Table(
    Product,
    keys=(Key("sku_code"),),
    aliases={
        "sku_code": ("商品编码", "产品编号", "产品编码", "货号", "物料编码", "sku", "productid", "articleno"),
        "name": ("产品名称", "商品名称", "品名", "productname"),
        "category": ("类别", "分类", "品类"),
        "list_price": ("标价", "售价", "单价", "价格", "price", "unitprice"),
        "standard_cost": ("成本", "标准成本", "cost"),
        "unit": ("单位",),
        "supply_mode": ("供货方式",),
        "tax_rate": ("税率",),
    },
    set_active=set_product_active,
)

CUSTOMER: Final = Subject(
    Customer,
    "customers",
    _l("Customers"),
    _l("New files and changes of files, with addresses: one row a customer, a further row for each further address."),
    "fa-users",
    CUSTOMERS,
    CUSTOMER_TABLE,
    ADDRESS_TABLE,
)
PRODUCT: Final = Subject(
    Product,
    "products",
    _l("Products"),
    _l("New articles and changes of articles, found by their article number: one row an article."),
    "fa-couch",
    PRODUCTS,
    PRODUCT_TABLE,
)
ORDER: Final = Subject(
    Order,
    "orders",
    _l("Past orders"),
    _l("Orders of another system, as completed history: one row an order line."),
    "fa-file-lines",
    ORDERS,
    fields=ORDER_FIELDS,
)
SUBJECTS: Final[Mapping[str, Subject]] = {each.name: each for each in (CUSTOMER, PRODUCT, ORDER)}
TABLES: Final[Mapping[str, Table]] = {each.entity: each for each in (CUSTOMER_TABLE, ADDRESS_TABLE, PRODUCT_TABLE)}


def fields_of(subject: Subject, part: str, door: Door | None = None, actor: Actor | None = None) -> tuple[Field, ...]:
    """The fields of a sheet, in their order; with an actor, those that he may fill in."""
    if part == RETURNS:
        return RETURN_FIELDS
    if subject.table is None or door is None:
        return subject.fields
    own = _fields(subject.table, door, actor)
    if subject.child is None:
        return tuple(own)
    taken = {name for each in own for name in names_of(each)}
    return (*own, *_fields(subject.child, door, actor, taken))


def _fields(table: Table, door: Door, actor: Actor | None, taken: set[str] | None = None) -> list[Field]:
    given = [key.column for key in table.keys if key.is_given]
    names = [*given, *(name for name in door.columns(table.model) if name != table.parent)]
    if actor is not None:
        allowed = {*given, *door.writable(actor, table.model)}
        names = [name for name in names if name in allowed]
    columns = table.model.__table__.columns
    return [_field(table, columns[name], taken) for name in names]


def _field(table: Table, column: sa.Column[Any], taken: set[str] | None) -> Field:
    label, known = column.info["label"], column.info.get("help") or ""
    aliases = (*table.aliases.get(column.key, ()), folded(column.key))
    if taken is None:
        return Field(column.key, label, aliases, is_required=False, column=column, help=known)
    plain = map(folded, in_every_language(label).values())
    return Field(
        f"{table.entity}.{column.key}",
        _l("Address: %(column)s", column=label),
        tuple(name for name in (*aliases, *plain) if name not in taken),
        is_required=False,
        column=column,
        help=known,
    )
