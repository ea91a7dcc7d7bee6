"""Words of customers and products, with their labels."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from models.vocabulary import Labels


class CustomerKind(StrEnum):
    """What a customer is in law."""

    person = "person"
    company = "company"
    government = "government"
    institution = "institution"
    other = "other"


class CustomerLevel(StrEnum):
    """How a customer is served."""

    new = "new"
    a = "a"
    b = "b"
    c = "c"


class Elevator(StrEnum):
    """The lift at the place of delivery; it decides the upstairs fee."""

    none = "none"
    passenger = "passenger"
    freight = "freight"


class ConsentPurpose(StrEnum):
    """What a person agreed to."""

    order = "order"
    delivery_share = "delivery_share"
    marketing = "marketing"
    photo = "photo"
    survey = "survey"
    recording = "recording"
    custom_goods = "custom_goods"


class ProductCategory(StrEnum):
    """What a piece of furniture is."""

    sofa = "sofa"
    bed = "bed"
    wardrobe = "wardrobe"
    cabinet = "cabinet"
    bookcase = "bookcase"
    table = "table"
    chair = "chair"
    desk = "desk"
    accessory = "accessory"
    school = "school"
    hotel = "hotel"
    steel_cabinet = "steel_cabinet"
    children = "children"
    other = "other"


class SupplyMode(StrEnum):
    """Where the goods come from."""

    stock = "stock"
    make_to_order = "make_to_order"
    custom = "custom"


class EnvGrade(StrEnum):
    """Formaldehyde grade of boards."""

    enf = "enf"
    e0 = "e0"
    e1 = "e1"


class ReservationKind(StrEnum):
    """How firmly stock is held."""

    soft = "soft"
    hard = "hard"


GOODS_LABELS: Labels = {
    CustomerKind: {
        CustomerKind.person: _l("Private person"),
        CustomerKind.company: _l("Company"),
        CustomerKind.government: _l("Government body"),
        CustomerKind.institution: _l("Institution"),
        CustomerKind.other: _l("Other"),
    },
    CustomerLevel: {
        CustomerLevel.new: _l("New"),
        CustomerLevel.a: _l("A"),
        CustomerLevel.b: _l("B"),
        CustomerLevel.c: _l("C"),
    },
    Elevator: {
        Elevator.none: _l("No lift"),
        Elevator.passenger: _l("Passenger lift"),
        Elevator.freight: _l("Goods lift"),
    },
    ConsentPurpose: {
        ConsentPurpose.order: _l("Order handling"),
        ConsentPurpose.delivery_share: _l("Sharing with carrier and installer"),
        ConsentPurpose.marketing: _l("Marketing"),
        ConsentPurpose.photo: _l("Photos"),
        ConsentPurpose.survey: _l("Survey"),
        ConsentPurpose.recording: _l("Call recording"),
        ConsentPurpose.custom_goods: _l("Made to order: no return without reason"),
    },
    ProductCategory: {
        ProductCategory.sofa: _l("Sofa"),
        ProductCategory.bed: _l("Bed"),
        ProductCategory.wardrobe: _l("Wardrobe"),
        ProductCategory.cabinet: _l("Cabinet"),
        ProductCategory.bookcase: _l("Bookcase"),
        ProductCategory.table: _l("Table"),
        ProductCategory.chair: _l("Chair"),
        ProductCategory.desk: _l("Desk"),
        ProductCategory.accessory: _l("Furnishings"),
        ProductCategory.school: _l("School furniture"),
        ProductCategory.hotel: _l("Hotel furniture"),
        ProductCategory.steel_cabinet: _l("Steel cabinet"),
        ProductCategory.children: _l("Children's furniture"),
        ProductCategory.other: _l("Other"),
    },
    SupplyMode: {
        SupplyMode.stock: _l("From stock"),
        SupplyMode.make_to_order: _l("Made to order"),
        SupplyMode.custom: _l("Custom made"),
    },
    EnvGrade: {
        EnvGrade.enf: _l("ENF"),
        EnvGrade.e0: _l("E0"),
        EnvGrade.e1: _l("E1"),
    },
    ReservationKind: {
        ReservationKind.soft: _l("Soft reservation"),
        ReservationKind.hard: _l("Hard reservation"),
    },
}
