"""Checks of the peers that run none of them: the arithmetic of a row, the pins, the size of the mail."""

import pytest
from django.core.mail import EmailMultiAlternatives

from cases.delivery.release_email import released_message
from tests.bench.peers.releasing import RELEASERS
from tests.bench.peers.rows import figures_of, times_of
from tests.bench.peers.running import watch
from tests.bench.peers.scripts.tiny.message import parts_of
from tests.bench.peers.sending import SENDERS
from tests.factories import CaseFactory


def test_each_case_counts_from_the_first_look_that_saw_it() -> None:
    assert times_of([(0.1, 0), (0.2, 1), (0.3, 1), (0.4, 4)], 4) == [0.2, 0.4, 0.4, 0.4]


def test_figures_count_from_the_instant_and_busy_from_the_last_look_that_saw_nothing() -> None:
    samples = [(float(second), max(0, second - 20)) for second in range(121)]
    assert figures_of(samples, 100) == {"total_s": 120.0, "p50_s": 70.0, "p99_s": 119.0, "busy_s": 100.0}


def test_a_peer_that_leaves_one_out_has_no_figures() -> None:
    with pytest.raises(ValueError, match="Only 3 of 4"):
        figures_of([(0.1, 0), (0.2, 3), (9.0, 3)], 4)


def test_a_peer_that_is_early_is_found_out() -> None:
    with pytest.raises(ValueError, match="before the instant"):
        watch(lambda: 1, 2, instant=4e9, seconds=0, pause=lambda _: None)


@pytest.mark.parametrize("peer", [*RELEASERS, *SENDERS], ids=lambda peer: peer.name)
def test_the_requirements_name_the_exact_version_of_each_peer(peer) -> None:
    assert peer.version[0].isdigit()


@pytest.mark.django_db
def test_the_peers_send_mails_of_the_size_of_ours() -> None:
    recipient, subject, text, html = parts_of(12)
    theirs = EmailMultiAlternatives(subject, text, to=[recipient], headers={"Auto-Submitted": "auto-generated"})
    theirs.attach_alternative(html, "text/html")
    case = CaseFactory(external_case_id="B-000012", title="Questions about a pension")
    ours = released_message(recipient=case.member, address=recipient, cases=[case], message_id="<12@example.com>")
    assert len(theirs.message().as_bytes()) == pytest.approx(len(ours.message().as_bytes()), rel=0.1)
