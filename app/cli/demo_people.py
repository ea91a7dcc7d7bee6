"""The people of the demo company: one user a role, as the acceptance scenarios name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.context import Actor
from app.security import departments as role
from app.security.actors import actor_of
from app.security.proofs import hash_of

# For a development machine only; ``flask demo`` refuses to run in production unless told twice.
DEMO_PASSWORD = "Zhidan-2026"  # noqa: S105 - printed by the command on purpose


@dataclass(frozen=True)
class Person:
    """A demo user; ``roles`` as in ``app.security.departments``."""

    username: str
    last_name: str
    first_name: str
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it is said."""
        return f"{self.last_name}{self.first_name}"


PEOPLE = (
    Person("oc_li", "李", "静", (role.ORDER_CENTER,)),
    Person("oc_wang", "王", "磊", (role.ORDER_CENTER,)),
    Person("oc_zhao", "赵", "敏", (role.ORDER_CENTER, role.ORDER_CENTER_LEAD, role.COMMITTEE)),
    Person("pd_chen", "陈", "刚", (role.PRODUCTION,)),
    Person("qc_sun", "孙", "丽", (role.PRODUCTION, role.INSPECTOR)),
    Person("pd_he", "何", "军", (role.PRODUCTION, role.PRODUCTION_LEAD, role.COMMITTEE)),
    Person("lg_liu", "刘", "洋", (role.LOGISTICS,)),
    Person("lg_xu", "徐", "强", (role.LOGISTICS,)),
    Person("lg_gao", "高", "峰", (role.LOGISTICS, role.LOGISTICS_LEAD, role.COMMITTEE)),
    Person("cs_ma", "马", "丽", (role.CUSTOMER_SERVICE,)),
    Person("cs_wu", "吴", "师傅", (role.INSTALLER,)),
    Person("cs_huang", "黄", "蓉", (role.CUSTOMER_SERVICE, role.CUSTOMER_SERVICE_LEAD, role.COMMITTEE)),
    Person("fi_zhou", "周", "琳", (role.FINANCE,)),
    Person("fi_qian", "钱", "芳", (role.FINANCE, role.CASHIER)),
    Person("fi_sun", "孙", "正", (role.FINANCE, role.FINANCE_LEAD, role.COMMITTEE)),
    Person("cm_zhang", "张", "总", (role.COMMITTEE, role.COMMITTEE_LEAD)),
    Person("ad_root", "管", "理员", (role.ADMIN,)),
    Person("ad_sec", "安", "全", (role.SECURITY,)),
    Person("au_lin", "林", "审计", (role.AUDITOR,)),
)


def add_people(session: Session, password: str = DEMO_PASSWORD) -> list[Person]:
    """Creates the people who are not there yet; ``flask init`` has made the roles. Returns the new ones."""
    known = set(session.scalars(select(User.username)))
    roles = {found.name: found for found in session.scalars(select(Role))}
    new = [person for person in PEOPLE if person.username not in known]
    if not new:
        return []
    # Hashing is slow on purpose: once is enough, they share the password.
    hashed = hash_of(password)
    for person in new:
        session.add(
            User(
                username=person.username,
                first_name=person.first_name,
                last_name=person.last_name,
                email=f"{person.username}@zhidan.example",
                password=hashed,
                active=True,
                roles=[roles[code] for code in person.roles],
            )
        )
    session.flush()
    return new


def actors(session: Session) -> dict[str, Actor]:
    """The demo people as actors, by user name, with the rights they have in the database."""
    names = [person.username for person in PEOPLE]
    users: list[Any] = list(session.scalars(select(User).where(User.username.in_(names))))
    return {user.username: actor_of(user, session) for user in users}
