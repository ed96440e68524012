"""What an office writes, on a platform whose later messages hide the open question's buttons."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.delivery import dispatch
from core.actor import Role
from core.db.models import RelayThread
from core.staff import codes, members, relay_sending, rooms
from tests.bot.push_deployment import PushDeployment
from tests.conftest import mark_replies_sent, mostly_on
from tests.core.staff.two_towns import OPERATOR
from tests.fakes.push_platform import ACCOUNT


@mostly_on("sqlite")
def test_what_the_office_writes_leaves_the_buttons(push: PushDeployment) -> None:
    deployment = push.deployment
    registry, now = deployment.services.registry, deployment.clock()

    def bind(session: Session) -> None:
        registry.refresh(session)
        code = codes.make_room_code(session, registry, OPERATOR, now, municipality_id="kalamata")
        rooms.bind(session, registry, code, now, account=ACCOUNT, chat="-100")
        members.add(
            session,
            registry,
            OPERATOR,
            now,
            name="Ελένη",
            role=Role.MANAGER,
            municipality_id="kalamata",
        )

    deployment.database.write_sync(bind)
    for text in ("Γεια", "υπάλληλος", "Καλαμάτας", "Καλημέρα"):
        said = deployment.say(text)
        deployment.database.write_sync(mark_replies_sent)
    assert said[-1].choices  # "for a later message hides them", as `_brief_answer` says

    def answer(session: Session) -> list[dispatch.ClaimedMessage]:
        thread, staff = (
            session.scalars(select(RelayThread)).one(),
            members.load(session, 1, "telegram"),
        )
        assert staff
        relay_sending.send_to_citizen(session, registry, thread, "Ναι.", staff, deployment.clock())
        return dispatch.claim_and_render(
            session, deployment.services, [ACCOUNT], "w", 20, timedelta(hours=1)
        )[0]

    sent = [m for m in deployment.database.write_sync(answer) if m.kind == "relay_answer"]
    assert sent[0].reply.choices
