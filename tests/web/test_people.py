"""The people pages: find, invite by mail, deactivate, and hand over all cases."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.accounts import people
from cases.casework import assignment
from cases.core.errors import WrongState
from cases.delivery import outbox
from cases.models import User
from tests.factories import CaseFactory, UserFactory

pytestmark = pytest.mark.django_db

NINA = {"email": "nina@example.com", "first_name": "Nina", "last_name": "Ng", "role": "technician"}


def fields_of(page) -> dict[str, str]:
    """Return what a browser sends from the form on that page as it is shown."""
    shown = {field.html_name: field.value() for field in page.context["form"]}
    for tag in re.findall(r'<input type="hidden" name="initial-[^>]+>', page.content.decode()):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        shown[name.group(1)] = value.group(1) if value else ""
    return {name: value for name, value in shown.items() if value not in (None, False)}


@pytest.fixture
def admin(client, administrator: User) -> Client:
    """Ada's browser."""
    client.force_login(administrator)
    return client


def names(response) -> list[str]:
    """Return the usernames of the listed people."""
    return [person.username for person in response.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ada", "mia", "olga", "tom"]),
        ("?role=technician", ["nina", "tom"]),
        ("?role=member", ["mia", "olga"]),
        ("?active=no", ["olga"]),
        ("?active=yes&role=member", ["mia"]),
        ("?q=tan+Tom", ["tom"]),
        ("?q=MIA@example", ["mia"]),
        ("?q=nobody", []),
        ("?role=king", []),
        ("?active=invited", ["nina"]),
        ("?sort=user_name&role=technician", ["nina", "tom"]),
        ("?sort=newest&role=technician", ["nina", "tom"]),
        ("?sort=user_name&role=member", ["mia", "olga"]),
        ("?sort=newest&role=member", ["olga", "mia"]),
        ("?sort=backwards", []),
    ],
)
def test_people_are_found(query, expected, admin, administrator, member, other_member, technician):
    if "technician" in query or "invited" in query:
        nina = people.invite(by=administrator, **NINA)
        User.objects.filter(pk=nina.pk).update(last_name="Abel")
    User.objects.filter(pk=other_member.pk).update(is_active=False)
    technician.first_name, technician.last_name = "Tom", "Tan"
    technician.save()
    assert names(admin.get(f"/people/{query}")) == expected


def test_the_list_is_paged_and_costs_the_same_for_many(admin):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert admin.get("/people/?role=member").status_code == 200
        return len(queries)

    UserFactory.create_batch(3)
    few = cost()
    UserFactory.create_batch(60)
    assert cost() == few
    page = admin.get("/people/?role=member&page=2")
    assert len(names(page)) == 25
    assert "?role=member&amp;page=3" in page.content.decode()


def test_who_was_invited_and_has_not_come_is_marked(admin, member):
    admin.post("/people/invite/", NINA)
    assert ">Invited</span>" in admin.get("/people/?q=nina").content.decode()
    page = admin.get(f"/people/{User.objects.get(username='nina').pk}/").content.decode()
    assert "Resend invitation" in page
    assert ">Invited</span>" not in admin.get("/people/?q=mia").content.decode()


def test_the_invitation_leads_to_a_password_and_in(admin, settings):
    settings.PORTAL_URL = "http://testserver"
    answer = admin.post("/people/invite/", NINA, follow=True)
    assert "Invitation sent to nina@example.com." in answer.content.decode()
    outbox.deliver()
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["nina@example.com"], "[Advisor Portal] Set up your account")
    link = re.search(r"http://testserver(/\S+)", message.body).group(1)
    nina = Client()
    form = nina.get(link, follow=True).request["PATH_INFO"]
    nina.post(form, {"password1": "another long phrase", "password2": "another long phrase"})
    nina.post("/accounts/login/", {"login": "nina@example.com", "password": "another long phrase"})
    assert "Nina Ng" in nina.get("/").content.decode()
    pk = User.objects.get(username="nina").pk
    assert "Resend invitation" not in admin.get(f"/people/{pk}/").content.decode()


def test_one_who_lost_the_invitation_asks_for_the_link_like_anybody(admin):
    admin.post("/people/invite/", NINA)
    Client().post("/accounts/password/reset/", {"email": "nina@example.com"})
    outbox.deliver()
    assert [message.to for message in mail.outbox] == [["nina@example.com"]] * 2


def test_with_the_mail_server_down_the_account_is_there_and_the_link_is_sent_later(admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = admin.post("/people/invite/", NINA, follow=True)
    assert "Invitation sent" in answer.content.decode()
    outbox.deliver()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    pk = User.objects.get(username="nina").pk
    assert "Invitation sent" in admin.post(f"/people/{pk}/invite/", follow=True).content.decode()
    outbox.deliver()
    assert len(mail.outbox) == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(admin, member):
    answer = admin.post("/people/invite/", NINA | {"email": "mia@example.com"})
    assert answer.status_code == 400
    assert 'id="id_email_error"' in answer.content.decode()
    assert 'value="Nina"' in answer.content.decode()
    outbox.deliver()
    assert mail.outbox == []


def test_the_link_that_went_to_a_wrong_address_opens_nothing(admin, settings):
    settings.PORTAL_URL = "http://testserver"
    admin.post("/people/invite/", NINA | {"email": "nobody@example.com"})
    outbox.deliver()
    pk = User.objects.get(first_name="Nina").pk
    corrected = {"email": "nina@example.com", "first_name": "Nina", "last_name": "Ng"}
    answer = admin.post(f"/people/{pk}/correct/", corrected, follow=True)
    assert "Changes saved." in answer.content.decode()
    admin.post(f"/people/{pk}/invite/")
    outbox.deliver()
    links = [re.search(r"http://testserver(/\S+)", message.body) for message in mail.outbox]
    wrong, right = (link.group(1) for link in links if link)
    assert sorted(message.to[0] for message in mail.outbox) == ["nina@example.com", *2 * ["nobody@example.com"]]
    assert "password1" not in Client().get(wrong, follow=True).content.decode()
    assert "password1" in Client().get(right, follow=True).content.decode()


def test_a_correction_that_cannot_be_saved_keeps_what_was_typed(admin, member, other_member):
    answer = admin.post(
        f"/people/{member.pk}/correct/", {"email": other_member.email, "first_name": "Maria", "last_name": ""}
    )
    assert answer.status_code == 400
    assert 'id="id_email_error"' in answer.content.decode()
    assert 'value="Maria"' in answer.content.decode()
    assert ">mia</a>" in answer.content.decode()


def test_an_old_page_does_not_bring_back_a_former_address(admin, administrator, member):
    url = f"/people/{member.pk}/correct/"
    opened = fields_of(admin.get(url))
    people.correct(person=member, by=administrator, email="new@example.com", first_name="Mia", last_name="")
    answer = admin.post(url, opened | {"last_name": "Novak"})
    assert answer.status_code == 302
    member.refresh_from_db()
    assert (member.email, member.first_name, member.last_name) == ("new@example.com", "Mia", "Novak")


def test_what_was_refused_keeps_what_the_page_had_shown(admin, administrator, member, other_member):
    url = f"/people/{member.pk}/correct/"
    opened = fields_of(admin.get(url))
    refused = admin.post(url, opened | {"email": other_member.email})
    people.correct(person=member, by=administrator, email=member.email, first_name="Mia", last_name="Novak")
    admin.post(url, fields_of(refused) | {"email": "new@example.com"})
    member.refresh_from_db()
    assert (member.email, member.last_name) == ("new@example.com", "Novak")


def test_a_person_without_an_address_gets_another_name(admin, member, other_member):
    User.objects.filter(pk__in=[member.pk, other_member.pk]).update(email="")
    url = f"/people/{member.pk}/correct/"
    assert admin.post(url, fields_of(admin.get(url)) | {"last_name": "Novak"}).status_code == 302
    member.refresh_from_db()
    assert (member.email, member.last_name) == ("", "Novak")


def test_a_name_is_cleared(admin, administrator, member):
    people.correct(person=member, by=administrator, email=member.email, first_name="Mia", last_name="Novak")
    url = f"/people/{member.pk}/correct/"
    admin.post(url, fields_of(admin.get(url)) | {"last_name": ""})
    member.refresh_from_db()
    assert (member.first_name, member.last_name) == ("Mia", "")


def test_an_old_page_of_the_profile_takes_back_no_correction(client, administrator, member):
    client.force_login(member)
    opened = fields_of(client.get("/accounts/profile/"))
    people.correct(person=member, by=administrator, email=member.email, first_name="Mia", last_name="Novak")
    assert client.post("/accounts/profile/", opened | {"language": "es"}).status_code == 302
    member.refresh_from_db()
    assert (member.first_name, member.last_name, member.language) == ("Mia", "Novak", "es")
    assert "novak" in member.name_folded


def test_a_name_fits_into_a_line_or_two(admin):
    assert "last_name" in admin.post("/people/invite/", NINA | {"last_name": "N" * 61}).context["form"].errors


def test_nobody_with_a_password_is_invited_again(admin, member):
    member.set_password("a password")
    member.save()
    admin.post(f"/people/{member.pk}/invite/")
    outbox.deliver()
    assert mail.outbox == []


def test_deactivated_means_out_at_once(admin, member):
    hers = Client()
    hers.force_login(member)
    assert "deactivated" in admin.post(f"/people/{member.pk}/access/", {"access": "off"}, follow=True).content.decode()
    assert hers.get("/").status_code == 302
    assert (
        "Account reactivated."
        in admin.post(f"/people/{member.pk}/access/", {"access": "on"}, follow=True).content.decode()
    )
    assert hers.get("/").status_code == 302


def test_not_oneself(admin, administrator):
    assert "Deactivate<" not in admin.get(f"/people/{administrator.pk}/").content.decode()
    answer = admin.post(f"/people/{administrator.pk}/access/", {"access": "off"})
    assert answer.status_code == 403
    assert "You can&#x27;t deactivate your own account." in answer.content.decode()
    assert User.objects.get(pk=administrator.pk).is_active


def change_role(admin: Client, person: User, role: str):
    return admin.post(f"/people/{person.pk}/role/", {"role": role}, follow=True)


def test_a_new_role_counts_from_the_next_sign_in_on(admin, other_technician):
    CaseFactory(submitted=True, title="Of somebody")
    theirs = Client()
    theirs.force_login(other_technician)
    assert "Of somebody" in theirs.get("/cases/").content.decode()
    assert theirs.get("/people/").status_code == theirs.get("/admin/cases/case/").status_code - 302 + 403 == 403
    assert (
        "otto&#x27;s role is now Administrator."
        in change_role(admin, other_technician, "administrator").content.decode()
    )
    assert theirs.get("/people/").status_code == 302
    theirs.force_login(User.objects.get(pk=other_technician.pk))
    assert theirs.get("/people/").status_code == theirs.get("/admin/cases/case/").status_code == 200
    change_role(admin, other_technician, "member")
    assert theirs.get("/cases/").status_code == 302
    theirs.force_login(User.objects.get(pk=other_technician.pk))
    assert theirs.get("/people/").status_code == 403
    assert theirs.get("/admin/cases/case/").status_code == 302
    assert "Of somebody" not in theirs.get("/cases/").content.decode()
    assert theirs.get("/calendar/").status_code == 404


def test_not_ones_own_role(admin, administrator):
    assert "You can't change your own role" in admin.get(f"/people/{administrator.pk}/").content.decode()
    assert "dialog-role" not in admin.get(f"/people/{administrator.pk}/").content.decode()
    assert change_role(admin, administrator, "member").status_code == 403
    assert User.objects.get(pk=administrator.pk).is_administrator


def test_a_role_that_cannot_be_changed_says_what_to_do_first(admin, technician, member):
    CaseFactory(member=member, assigned_to=technician)
    answer = change_role(admin, technician, "member")
    assert answer.status_code == 409
    assert "tom has open cases. Hand them over to another technician first." in answer.content.decode()
    assert 'href="#cases-heading"' in answer.content.decode()
    assert "their role can&#x27;t be changed" in change_role(admin, member, "technician").content.decode()


@pytest.mark.parametrize("role", ["", "king"])
def test_no_other_role(role, admin, member):
    answer = change_role(admin, member, role)
    assert answer.status_code == 400
    assert 'id="id_role_error"' in answer.content.decode()
    assert User.objects.get(pk=member.pk).is_member


def test_the_page_of_a_deactivated_technician_points_out_open_cases(admin, technician, other_technician):
    CaseFactory.create_batch(3, assigned_to=technician)
    assert "deactivated account" not in admin.get(f"/people/{technician.pk}/").content.decode()
    page = admin.post(f"/people/{technician.pk}/access/", {"access": "off"}, follow=True).content.decode()
    assert "3 open cases are assigned to this deactivated account." in page
    page = admin.post(f"/people/{technician.pk}/hand-over/", {"to": other_technician.pk}, follow=True).content.decode()
    assert "deactivated account" not in page


def test_cases_are_handed_over(admin, technician, other_technician, member):
    cases = CaseFactory.create_batch(2, member=member, assigned_to=technician)
    assert admin.get(f"/people/{technician.pk}/").context["open_cases"] == "2"
    answer = admin.post(f"/people/{technician.pk}/hand-over/", {"to": other_technician.pk}, follow=True)
    assert "2 cases handed over to otto." in answer.content.decode()
    assert "Handed over" in admin.get(f"/cases/{cases[0].pk}/").content.decode()
    theirs = Client()
    theirs.force_login(other_technician)
    assert cases[0].external_case_id in theirs.get("/cases/?technician=mine").content.decode()


@pytest.mark.parametrize("heir", ["", "tom", "mia", "x"])
def test_to_nobody_else(heir, admin, technician, member):
    CaseFactory(member=member, assigned_to=technician)
    to = {"tom": technician.pk, "mia": member.pk}.get(heir, heir)
    answer = admin.post(f"/people/{technician.pk}/hand-over/", {"to": to})
    assert answer.status_code == 400
    assert 'id="id_to_error"' in answer.content.decode()
    assert technician.assigned_cases.count() == 1


def test_a_refused_hand_over_keeps_its_reason(admin, technician, other_technician, member, monkeypatch):
    CaseFactory(member=member, assigned_to=technician)

    def left(**kwargs):
        raise WrongState("He has left just now.")

    monkeypatch.setattr(assignment, "hand_over_all", left)
    typed = {"to": other_technician.pk, "reason": "Tom moves to Boston"}
    answer = admin.post(f"/people/{technician.pk}/hand-over/", typed)
    assert answer.status_code == 409
    assert ">Tom moves to Boston</textarea>" in answer.content.decode()
    assert "He has left just now." in answer.content.decode()


def test_to_hand_over_nothing_is_no_success(admin, technician, other_technician):
    page = admin.post(f"/people/{technician.pk}/hand-over/", {"to": other_technician.pk}, follow=True).content.decode()
    assert f"{technician.display_name} has no open cases." in page
    assert "alert-success" not in page


def test_members_have_no_cases_to_hand_over(admin, member):
    assert "hand_over_form" not in admin.get(f"/people/{member.pk}/").context


def test_heavy_steps_ask_first_and_say_what_they_do(admin, technician, other_technician):
    CaseFactory.create_batch(2, assigned_to=technician)
    page = admin.get(f"/people/{technician.pk}/").content.decode()
    for key in ("role", "deactivate", "hand_over"):
        assert f'data-opens="dialog-{key}"' in page
        assert f'id="dialog-{key}"' in page
    assert "2 open cases stay assigned to this account." in page
    assert "Hand over 2 open cases from tom" in page


def test_the_history_of_the_account_is_on_its_page(admin, technician, other_technician):
    CaseFactory(assigned_to=technician)
    admin.post(f"/people/{technician.pk}/hand-over/", {"to": other_technician.pk, "reason": "Tom leaves."})
    page = admin.post(f"/people/{technician.pk}/access/", {"access": "off"}, follow=True).content.decode()
    assert page.index(">Deactivated</div>") < page.index("Open cases handed over") < page.index("Tom leaves.")
    assert "by ada" in page


def test_cases_are_not_offered_to_who_has_only_been_invited(admin, technician, other_technician):
    CaseFactory(assigned_to=technician)
    admin.post("/people/invite/", NINA)
    offered = admin.get(f"/people/{technician.pk}/").context["hand_over_form"].fields["to"].queryset
    assert list(offered) == [other_technician]


def test_who_lost_the_second_factor_gets_in_with_the_password(admin, technician):
    assert "dialog-second_factor" not in admin.get(f"/people/{technician.pk}/").content.decode()
    TOTP.activate(technician, "JBSWY3DPEHPK3PXP")
    refused = admin.post(f"/people/{technician.pk}/second-factor/remove/", {"reason": " "})
    assert refused.status_code == 400
    assert "data-open-now" in refused.content.decode()
    answer = admin.post(f"/people/{technician.pk}/second-factor/remove/", {"reason": "Lost the phone."}, follow=True)
    assert "Two-factor authentication turned off for tom." in answer.content.decode()
    assert "Lost the phone." in answer.content.decode()
    assert not is_mfa_enabled(technician)
