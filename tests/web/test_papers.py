"""Papers say what the record says, to each reader no more than he may see, and can be checked afterwards."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.documents import pdf
from app.documents.capitals import capitals
from app.documents.catalogue import PAPERS
from models.labels import LetterState
from models.letter import ConfirmationLetter
from models.order import Order
from models.payment import PaymentAllocation
from models.production import ProductionTask
from models.shipment import Package, Shipment
from tests.databases import Database
from tests.pdfs import letters_of, sets_papers
from tests.web.person import Person, statements, text_of
from views.base import word_of
from views.display import money

__all__ = ["sets_papers"]

ONE_ENGINE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

pytestmark = pytest.mark.stage("demo")


def paper(person: Person, entity: str, pk: int, name: str, language: str = "en") -> str:
    """The words of a paper."""
    return text_of(person.page(f"/{entity}/{pk}/paper/{name}?language={language}"))


def letter_of(session: Session) -> ConfirmationLetter:
    """A letter that is in force, with its order read."""
    statement = sa.select(ConfirmationLetter).where(ConfirmationLetter.state == LetterState.sent)
    letter = session.scalars(statement.order_by(ConfirmationLetter.id)).first()
    assert letter is not None
    assert letter.order.customer.name
    return letter


def test_papers_when_printed_by_who_works_with_them_then_all_are_there(app: Flask, session: Session) -> None:
    readers = {"CL": "oc_li", "MO": "pd_chen", "QC": "qc_sun", "SH": "lg_liu", "PK": "lg_xu", "YS": "cs_ma"}
    for each in PAPERS:
        pk = session.scalar(sa.select(sa.func.min(each.subject.id)))  # type: ignore[attr-defined]
        session.rollback()
        assert pk is not None, each.code
        person = Person(app, session, readers.get(each.code, "fi_sun"))
        if each.subject is Shipment:
            pk = session.scalar(sa.select(sa.func.max(Package.shipment_id)))
            session.rollback()
        for language, word in (("en", "Print"), ("zh", "打印")):
            said = paper(person, word_of(each.subject), pk, each.name, language)
            assert word in said, each.code


@ONE_ENGINE
def test_letter_when_printed_then_it_has_the_money_of_the_order_in_figures_and_capitals(
    app: Flask, session: Session
) -> None:
    letter = letter_of(session)
    order, pk = letter.order, letter.id
    total, name, number = order.total_amount, order.customer.name, order.order_no
    lines = [(line.product.name, money(line.line_amount)) for line in order.lines]
    session.rollback()
    said = paper(Person(app, session, "oc_li"), "confirmation_letter", pk, "letter")
    assert f"Total {money(total)} {capitals(total)}" in said
    assert name in said
    assert number in said
    assert all(product in said and amount in said for product, amount in lines)


@ONE_ENGINE
def test_production_order_when_printed_then_it_has_no_price_no_name_and_no_phone(app: Flask, session: Session) -> None:
    task = session.scalars(sa.select(ProductionTask).order_by(ProductionTask.id)).first()
    assert task is not None
    order, pk = task.order, task.id
    secrets = [order.customer.name, order.receiver_name, order.receiver_phone, order.ship_address]
    secrets += [money(order.total_amount), money(task.order_line.line_amount)]
    code = order.customer.code
    session.rollback()
    for reader in ("pd_chen", "oc_zhao"):
        said = paper(Person(app, session, reader), "production_task", pk, "task", "zh")
        assert code in said
        assert [secret for secret in secrets if secret and secret in said] == []


@ONE_ENGINE
def test_letter_when_the_reader_sees_masks_then_so_does_his_printer(app: Flask, session: Session) -> None:
    letter = letter_of(session)
    pk, order = letter.id, letter.order
    name, phone = order.customer.name, order.receiver_phone or ""
    session.rollback()
    auditor = Person(app, session, "au_lin")
    said = paper(auditor, "confirmation_letter", pk, "letter")
    assert name not in said
    assert phone not in said


@ONE_ENGINE
def test_receipt_when_the_reader_may_not_list_its_rows_then_they_are_not_on_his_paper(
    app: Flask, session: Session
) -> None:
    pk = session.scalar(sa.select(sa.func.min(PaymentAllocation.payment_id)))
    session.rollback()
    said = {name: paper(Person(app, session, name), "payment", pk or 0, "receipt") for name in ("oc_li", "fi_qian")}
    assert "Used for" in said["fi_qian"]
    assert "Used for" not in said["oc_li"]


@ONE_ENGINE
def test_letter_when_its_order_changed_then_it_says_so_and_its_mark_no_longer_fits(
    app: Flask, session: Session
) -> None:
    pk = letter_of(session).id
    session.rollback()
    clerk = Person(app, session, "oc_li")
    page = clerk.page(f"/confirmation_letter/{pk}/paper/letter?language=en")
    assert "Do not send it" not in page
    mark = mark_in(app, session, pk)
    check = f"/confirmation_letter/{pk}/paper/letter/{mark}"
    assert "still says what stands on this paper" in clerk.page(check)
    assert "no longer says" in clerk.page(check[:-1] + ("0" if mark[-1] != "0" else "1"))
    order = letter_of(session).order
    session.execute(sa.update(Order).where(Order.id == order.id).values(requested_on=sa.func.date("2030-01-01")))
    session.execute(sa.update(Order).where(Order.id == order.id).values(floor=order.floor + 1))
    session.commit()
    assert "The order has changed since this letter" in clerk.page(
        f"/confirmation_letter/{pk}/paper/letter?language=en"
    )
    assert "no longer says" in clerk.page(check)


def mark_in(app: Flask, session: Session, pk: int) -> str:
    """The mark that the code on the letter holds."""
    from app.documents.catalogue import LETTER
    from views.paper import mark_of

    with app.app_context():
        mark = mark_of(LETTER, session.get_one(ConfirmationLetter, pk))
    session.rollback()
    return mark


@ONE_ENGINE
def test_paper_when_unknown_or_out_of_sight_then_not_found(app: Flask, session: Session) -> None:
    pk = letter_of(session).id
    session.rollback()
    clerk = Person(app, session, "oc_li")
    assert clerk.get(f"/confirmation_letter/{pk}/paper/slip").status_code == 404
    assert clerk.get("/confirmation_letter/999999/paper/letter").status_code == 404
    assert Person(app, session, "ad_root").get(f"/confirmation_letter/{pk}/paper/letter").status_code == 403


@ONE_ENGINE
def test_labels_when_there_are_many_packages_then_no_more_statements(
    app: Flask, session: Session, database: Database
) -> None:
    sizes = session.execute(
        sa.select(Package.shipment_id, sa.func.count()).group_by(Package.shipment_id).order_by(sa.func.count())
    ).all()
    (small, few), (large, many) = sizes[0], sizes[-1]
    session.rollback()
    assert many > few
    person = Person(app, session, "lg_gao")
    taken = []
    for pk in (small, large):
        with statements(database.engine) as sent:
            html = person.page(f"/shipment/{pk}/paper/labels")
        taken.append((len(sent), html.count("<article")))
    assert [labels for _sent, labels in taken] == [few, many]
    assert taken[0][0] == taken[1][0]


@ONE_ENGINE
@pytest.mark.usefixtures("sets_papers")
def test_paper_when_asked_for_as_pdf_then_it_is_the_same_paper_under_its_own_name_and_right(
    app: Flask, session: Session
) -> None:
    letter = letter_of(session)
    pk, number, name, total = letter.id, letter.letter_no, letter.order.customer.name, letter.order.total_amount
    session.rollback()
    clerk, url = Person(app, session, "oc_li"), f"/confirmation_letter/{pk}/paper/letter"
    address = f"{url}?language=zh&format=pdf"
    assert f'href="{address.replace("&", "&amp;")}"' in clerk.page(f"{url}?language=zh")
    answer = clerk.get(address)
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert unquote(answer.headers["Content-Disposition"]).endswith(f"''订单确认函 {number}.pdf")
    made = answer.get_data()
    assert set(f"订单确认函{name}{capitals(total)}") - letters_of(made) - {" "} == set()
    # Who sees a mask gets a mask, and who may not see the record gets nothing.
    auditor = Person(app, session, "au_lin").get(address)
    hidden = set(name) - set(text_of(Person(app, session, "au_lin").page(f"{url}?language=zh")))
    assert hidden != set()
    assert hidden & letters_of(auditor.get_data()) == set()
    assert Person(app, session, "ad_root").get(address).status_code == 403


@ONE_ENGINE
def test_paper_when_the_extra_is_not_installed_then_it_has_no_button_and_its_address_is_the_page(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = letter_of(session).id
    session.rollback()
    monkeypatch.setattr("app.documents.pdf.find_spec", lambda _name: None)
    pdf.is_there.cache_clear()
    page = Person(app, session, "oc_li").page(f"/confirmation_letter/{pk}/paper/letter?format=pdf")
    pdf.is_there.cache_clear()
    assert "format=pdf" not in page
    assert "zp-print" in page
