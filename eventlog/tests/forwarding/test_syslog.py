"""Syslog: what RFC 5424 and RFC 6587 want, whatever an event holds, and whether it has come through."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventlog import catalog
from eventlog.export.rows import COLUMNS
from eventlog.forwarding import forwarder
from eventlog.forwarding.sinks import Refused
from eventlog.forwarding.syslog import PARAMETERS, SyslogSink, framed, message
from eventlog.models import Event
from eventlog.tests.faults.servers import free_port
from eventlog.tests.forwarding.conftest import parcels, state, stored
from eventlog.tests.forwarding.receivers import certificate, parsed_frames, syslog_server

Configure = Callable[..., None]
# The grammar of RFC 5424 section 6
HEADER = re.compile(
    r"<(?P<priority>[1-9]\d{0,2}|0)>1 (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z)"
    r" (?P<host>[\x21-\x7e]{1,255}) (?P<app>[\x21-\x7e]{1,48}) (?P<process>[\x21-\x7e]{1,128})"
    r" (?P<kind>[\x21-\x7e]{1,32}) (?P<data>\[eventlog@32473(?: [\x21-\x7e]{1,32}=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\]) "
)
PARAMETER = re.compile(r' (\w+)="((?:[^"\\\]]|\\["\\\]])*)"')
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def row(**columns: Any) -> dict[str, Any]:
    known = {"event_category": "SYSTEM", "severity": "info", "timestamp": datetime(2026, 11, 25, 1, 2, 3, 4, UTC)}
    return {**dict.fromkeys(COLUMNS), **known, **columns}


def read(message: bytes) -> tuple[re.Match[str], dict[str, str], str]:
    """(header, parameters without their escapes, body)."""
    whole = message.decode()
    header = HEADER.match(whole)
    assert header is not None, whole
    pairs = {name: re.sub(r"\\(.)", r"\1", value) for name, value in PARAMETER.findall(header["data"])}
    return header, pairs, whole[header.end() :]


# --- the form ---
@given(st.dictionaries(st.sampled_from(PARAMETERS), texts), texts, texts, texts)
def test_any_text_gives_a_well_formed_message(columns: dict[str, str], host: str, kind: str, body: str) -> None:
    given_row = row(**{**columns, "server_name": host, "event_type": kind})
    header, pairs, rest = read(message(given_row, body.encode()))
    assert rest == body
    given_row["event_type"] = kind
    expected = {name: re.sub(r"[\x00-\x1f\x7f]", " ", given_row[name]) for name in columns if given_row[name]}
    assert {name: pairs.get(name) for name in expected} == expected


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=10))
def test_frames_give_back_what_was_framed(messages: list[bytes]) -> None:
    assert parsed_frames(b"".join(map(framed, messages))) == messages


@pytest.mark.parametrize(
    ("category", "severity", "priority"),
    [
        (catalog.AUTH, catalog.MEDIUM, 10 * 8 + 4),
        (catalog.SECURITY, catalog.CRITICAL, 10 * 8 + 2),
        (catalog.CRUD, catalog.INFO, 13 * 8 + 6),
        (catalog.SYSTEM, catalog.HIGH, 16 * 8 + 3),
        (catalog.ML, catalog.DEBUG, 16 * 8 + 7),
        (catalog.FILE, catalog.LOW, 16 * 8 + 5),
    ],
)
def test_category_and_severity_make_the_priority(category: str, severity: str, priority: int) -> None:
    header, _pairs, _rest = read(message(row(event_category=category, severity=severity), b""))
    assert int(header["priority"]) == priority


def test_what_is_not_known_is_a_dash_and_the_time_is_utc() -> None:
    header, pairs, _rest = read(message(row(), b"x"))
    assert (header["host"], header["process"], header["kind"]) == ("-", "-", "-")
    assert header["moment"] == "2026-11-25T01:02:03.000004Z"
    assert set(pairs) == {"event_category", "severity"}


# --- over the wire ---
def test_events_arrive_by_tcp_in_store_order(sink: Configure) -> None:
    with syslog_server() as server:
        sink(kind="syslog", url=f"tcp://127.0.0.1:{server.port}")
        stored("a", "b\nc]")
        stored("d", ip_address="10.0.0.1")
        forwarder.forward()
        found = [read(each) for each in server.messages]
    assert [orjson.loads(body)["event_name"] for _header, _pairs, body in found] == ["a", "b\nc]", "d"]
    assert [pairs["event_name"] for _header, pairs, _body in found] == ["a", "b c]", "d"]
    assert [pairs["id"] for _header, pairs, _body in found] == [str(e.id) for e in Event.objects.order_by("id")]


def test_events_arrive_by_tls(sink: Configure, tmp_path: Path) -> None:
    trusted, context = certificate(tmp_path)
    with syslog_server(context=context) as server:
        sink(kind="syslog", url=f"tls://localhost:{server.port}", ca=str(trusted))
        stored("a", "b")
        (run,) = forwarder.forward()
        assert (run.sent, state().last_error) == (2, "")
        assert len(server.messages) == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    _trusted, context = certificate(tmp_path)
    with syslog_server(context=context) as server:
        sink = SyslogSink(host="localhost", port=server.port, tls=True)
        with pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"):
            sink.send(parcels("a"))
        assert server.streams == []


def test_an_end_over_tls_that_anybody_could_fake_is_none(tmp_path: Path) -> None:
    trusted, context = certificate(tmp_path)
    with syslog_server(context=context, mode="faked end") as server:
        sink = SyslogSink(host="localhost", port=server.port, tls=True, ca=str(trusted), timeout=1)
        with pytest.raises(Refused):
            sink.send(parcels("a"))


@pytest.mark.parametrize("mode", ["refuse", "hang"])
def test_what_the_receiver_does_not_own_up_to_has_not_come_through(mode: str) -> None:
    with syslog_server(mode=mode) as server, pytest.raises(Refused):
        SyslogSink(host="127.0.0.1", port=server.port, tls=False, timeout=0.3).send(parcels("a" * 200))


def test_where_nobody_listens_it_is_said() -> None:
    with pytest.raises(Refused, match="ConnectionRefusedError"):
        SyslogSink(host="127.0.0.1", port=free_port(), tls=False).send(parcels("a"))
