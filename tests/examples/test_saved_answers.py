"""The application of another team reads what our API answers."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Final

from google.protobuf import json_format

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.translate.answers import referral_message
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.testing import builders
from tests.architecture.house import DOWNSTREAM, ROOT

READ: Final = """
import sys
from best_advocates.saved_answers import read_answers
print(list(read_answers(sys.stdin)))
"""


def test_it_reads_every_referral_that_we_may_list() -> None:
    due_at = builders.SHARED_AT + timedelta(days=7, microseconds=1)
    listed = [
        *(builders.referral(channel=channel) for channel in (*Channel, None)),
        *(builders.referral(status=status) for status in ReferralStatus),
        *(builders.referral(cause=cause) for cause in Cause),
        builders.referral_in_review(due_at=due_at),
    ]
    pages = [
        pb.ListReferralsResponse(referrals=map(referral_message, listed), next_page_token="more"),
        pb.ListReferralsResponse(),
    ]
    lines = [
        json_format.MessageToJson(page, preserving_proto_field_name=True, indent=None)
        for page in pages
    ]
    read = subprocess.run(  # noqa: S603 - Python, and a script of ours
        [sys.executable, "-c", READ],
        env={"PYTHONPATH": str(ROOT / DOWNSTREAM / "src")},
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    assert read.stdout.strip() == repr(listed)
