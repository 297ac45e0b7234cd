"""Which names promise a secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog.privacy.redaction import DEFAULT_SENSITIVE_FIELDS, redactor

redact = redactor(DEFAULT_SENSITIVE_FIELDS)
SPELLINGS = """
    password newPassword1 user-password X-Api-Key accessToken APIKey apikeys HTTP_AUTHORIZATION user[password] PaSsWoRd
    p%61ssword data.0.passwd no_telp noHP e-mail dbpassword access refresh db_pass csrfmiddlewaretoken kata_sandi_baru
    credit_card_number sessionid phone2 ｐａｓｓword clientsecret cvv set-cookie pin surel mobile kartu nomor_kartu auth
    X-Auth social_security_number X-Forwarded-User-Pass Sec-WebSocket-Protocol authorization_code kode_verifikasi
    /password
"""
RUN_TOGETHER = """
    passwordlama passwordbaru passwordnew passwordlama1 PASSWORDLAMA passBaru passbaru pass_lama sandilama ulangisandi
    konfirmasisandi nomorhp nohpwali otpcode kodeotp userpass userpasswords dbpass dbpasswd pwdbaru tokenlama pinbaru
    mypin telpwali emailortu secretkeybaru
"""
HARMLESS = """
    tokenizer passport_office passport_photo_url monkey secretary secretariat emailed_count pass_rate pass_count compass
    passenger passed passing bypass access_count last_access accessory refreshed spinning pinned pinjaman pincang
    opinion hotel telur shipping microphone phonetic authentic author authority auth_method auth_user mobile_friendly
    mobilitas automobile kartun kartu_pelajar kartu_keluarga sandiwara signal code kode_pos postal_code kode_mapel nomor
    nik nis nisn user_agent username nama kelas
"""


@pytest.mark.parametrize("name", SPELLINGS.split())
def test_every_spelling_of_a_sensitive_name_is_recognised(name):
    assert redact.is_sensitive(name)


@pytest.mark.parametrize("name", RUN_TOGETHER.split())
def test_a_sensitive_word_run_together_with_others_is_recognised(name):
    assert redact.is_sensitive(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_names_that_only_contain_a_sensitive_word_are_left_alone(name):
    assert not redact.is_sensitive(name)


@given(
    st.sampled_from(["", "new", "user", "db", "konfirmasi"]),
    st.sampled_from(["password", "pass", "sandi", "pin", "otp", "token", "hp"]),
    st.sampled_from(["", "lama", "baru", "new", "ulang", "2", "Lama", "_baru"]),
)
def test_whatever_a_secret_is_run_together_with(before, name, after):
    assert redact.is_sensitive(before + name + after)


@given(st.sampled_from(HARMLESS.split()), st.sampled_from(["total_{}", "{}_count", "data[{}]", "{}Url", "{}2"]))
def test_a_harmless_name_stays_harmless_among_other_words(name, around):
    if name not in ("auth_method",):
        assert not redact.is_sensitive(around.format(name))


def test_a_field_of_the_project_is_sensitive_in_every_spelling():
    assert redactor(("nomor_rekening",)).is_sensitive("Nomor-Rekening2")
