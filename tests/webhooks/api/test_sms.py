"""Receipts of text messages over HTTP: only the gateway's own, and logged nowhere."""

import httpx
import pytest
from structlog.testing import capture_logs

from bot.i18n.translator import Translator
from bot.platforms.sms.adapter import Sms
from bot.platforms.sms.settings import SmsAccount
from tests.bot.platforms.test_sms import PUBLIC, YUBOTO, sms
from tests.conftest import Deployment
from tests.fakes.twilio import callback
from tests.webhooks.conftest import Serve

PATH = "/webhooks/sms/town"
FORM = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+306912345678"}


@pytest.mark.parametrize(
    ("url", "form", "status"),
    [
        (f"{PUBLIC}{PATH}", FORM, 200),
        (f"{PUBLIC}{PATH}", {"To": "+306912345678"}, 400),
        (f"{PUBLIC}{PATH}/", FORM, 403),
    ],
)
def test_twilio_s_callback_is_taken_where_it_is_signed(
    deployment: Deployment, serve: Serve, url: str, form: dict[str, str], status: int
) -> None:
    deployment.connect({"sms:town": sms()})
    request = callback(url, form)
    with capture_logs() as logs:
        given = {**request.headers, "content-type": "application/x-www-form-urlencoded"}
        answer = serve().post(PATH, content=request.body, headers=given)
    assert answer.status_code == status
    assert "6912345678" not in str(logs)


def test_yuboto_s_report_is_taken_at_its_secret_path_alone(
    deployment: Deployment, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    account = Sms("sms:town", SmsAccount.model_validate(YUBOTO), Translator())
    account.public_address = PUBLIC
    deployment.connect({"sms:town": account})
    client: httpx.Client = serve()
    query = {"receiver": "306912345678", "smsid": "1", "statusDescription": "Delivered"}
    path = (account.receipts_url or "").removeprefix(PUBLIC)
    with capture_logs() as logs:
        answers = [
            client.get(each, params=query).status_code
            for each in (path, PATH, f"{path}0", path.replace("town", "two"))
        ]
        answers.append(client.get(path, params={}).status_code)
    assert answers == [200, 403, 403, 404, 400]
    said = str([each for each in logs if each.get("logger") != "httpx"])
    assert "6912345678" not in said
    assert account.gateway.secret_path not in said
