"""What an office writes, on a platform whose later messages hide the open question's buttons."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.delivery import dispatch
from bot.delivery.claimed import ClaimedMessage
from core.db.models import RelayThread
from core.staff import members, relay_sending
from tests.bot.push_deployment import PushDeployment
from tests.conftest import mark_replies_sent, mostly_on
from tests.fakes.push_platform import ACCOUNT
from tests.webhooks.web.test_relay import bind


@mostly_on("sqlite")
def test_what_the_office_writes_leaves_the_buttons(push: PushDeployment) -> None:
    deployment = push.deployment
    registry = deployment.services.registry
    deployment.database.write_sync(lambda s: bind(s, deployment, ACCOUNT))
    for text in ("Γεια", "υπάλληλος", "Καλαμάτας", "Καλημέρα"):
        said = deployment.say(text)
        deployment.database.write_sync(mark_replies_sent)
    assert said[-1].choices  # "for a later message hides them", as `_brief_answer` says

    def answer(session: Session) -> list[ClaimedMessage]:
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
