"""Messages reach real servers, what fails is said without the address, and nothing hangs."""

import logging
import time

import pytest

from sfr_pipeline.operation import delivery
from sfr_pipeline.operation.delivery import Target, deliver, targets_of
from sfr_pipeline.operation.messages import Message
from sfr_pipeline.operation.sending import without
from sfr_pipeline.operation.texts import LONGEST, harmless
from sfr_pipeline_tests.operation.servers import mail_server, web_server

MESSAGE = Message("WARNING Mini market: level-2008-09-30", "Values & <b>bold</b> words.", "warning")


def test_a_mail_server_is_given_title_and_text():
    with mail_server() as server:
        assert deliver(Target("SFR_ALERTS_TO", server.address), MESSAGE) == ""
        (mail,) = server.mails
    assert mail["To"] == "desk@example.org"
    assert mail["Subject"] == MESSAGE.title
    assert mail.get_content_type() == "text/plain", "what looks like markup is text"
    assert mail.get_content().strip() == MESSAGE.body


def test_a_web_server_is_given_title_text_and_kind():
    with web_server() as server:
        assert deliver(Target("SFR_ALERTS_TO", server.address), MESSAGE) == ""
        (body,) = server.bodies
    assert (body["title"], body["message"], body["type"]) == (
        MESSAGE.title, MESSAGE.body, "warning",
    )  # fmt: skip


def test_a_refusal_is_told_with_a_remedy_and_without_the_address(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with web_server() as server:
        server.status = 500
        why = deliver(Target("SFR_ALERTS_TO", server.address), MESSAGE)
        assert len(server.bodies) == 1
    assert why.startswith("SFR_ALERTS_TO: JSON did not take it")
    assert "500" in why
    shown = "".join([why, caplog.text, *capfd.readouterr(), repr(Target("X", server.address))])
    assert "Secret-Path" not in shown
    assert "Tok3n9876" not in shown


def test_a_server_that_is_not_there_is_told():
    why = deliver(Target("SFR_ALERTS_TO", "json://127.0.0.1:9/hidden"), MESSAGE)
    assert "did not take it" in why
    assert "hidden" not in why


def test_what_is_no_address_is_told_without_showing_it():
    why = deliver(Target("SFR_ALERTS_TO", "nonsense://user:pa55word@place"), MESSAGE)
    assert "no address that apprise knows" in why
    assert "pa55word" not in why


@pytest.mark.faults
def test_a_server_that_answers_without_end_is_left_in_time():
    began = time.monotonic()
    with web_server() as server:
        server.endless = True
        why = deliver(Target("SFR_ALERTS_TO", server.address), MESSAGE, seconds=4)
        assert server.bodies
    assert "no answer within 4 s" in why
    assert time.monotonic() - began < 15


def test_a_process_that_cannot_begin_or_breaks_is_told_and_raises_nothing(monkeypatch):
    target = Target("SFR_ALERTS_TO", "json://127.0.0.1/hidden")
    monkeypatch.setattr(delivery.sys, "executable", "/bin/false")
    assert deliver(target, MESSAGE) == "SFR_ALERTS_TO: sending failed"
    monkeypatch.setattr(delivery.sys, "executable", "/no/such/python")
    assert deliver(target, MESSAGE) == "SFR_ALERTS_TO: sending failed"


def test_a_configuration_file_of_apprise_is_one_target(tmp_path, monkeypatch):
    file = tmp_path / "apprise.yaml"
    with web_server() as first, web_server() as second:
        file.write_text(f"urls:\n  - {first.address}\n  - {second.address}\n")
        monkeypatch.setenv("SFR_APPRISE_CONFIG", str(file))
        (target,) = targets_of(["SFR_APPRISE_CONFIG"])
        assert deliver(target, MESSAGE) == ""
        assert len(first.bodies) == len(second.bodies) == 1
    file.unlink()
    assert deliver(target, MESSAGE).startswith("SFR_APPRISE_CONFIG names no file")


def test_a_variable_holds_any_number_of_targets(monkeypatch):
    monkeypatch.setenv("SFR_ONE", "json://a")
    monkeypatch.setenv("SFR_TWO", " json://b?x=1,2\n mailto://c ")
    monkeypatch.delenv("SFR_NONE", raising=False)
    found = targets_of(["SFR_TWO", "SFR_NONE", "SFR_ONE"])
    assert [(target.name, target.address) for target in found] == [
        ("SFR_TWO 1", "json://b?x=1,2"),
        ("SFR_TWO 2", "mailto://c"),
        ("SFR_ONE", "json://a"),
    ]


@pytest.mark.parametrize("part", ["pa55word", "Secret-Path", "tok3n", "json://h/Secret-Path"])
def test_no_part_of_an_address_is_left_in_what_apprise_says(part):
    address = "json://user:pa55word@h/Secret-Path?key=tok3n"
    told = without([address], f"Failed to send JSON notification to {part.upper()}: 500")
    assert part.lower() not in told.lower()
    assert told.startswith("Failed to send JSON notification to")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\ntwo\tthree\x00\u2028four", "one two three four"),
        ("<script>alert(1)</script>", "‹script›alert(1)‹/script›"),
        ("<!channel> @all see https://bad.example", "‹!channel› (at)all see https: //bad.example"),
        ("\u202egnp.exe *bold* [a](b) `code`", "gnp.exe bold (a)(b) 'code'"),
        ("HTTP 503 from series_id_1", "HTTP 503 from series_id_1"),
    ],
)  # fmt: skip
def test_what_others_wrote_is_one_line_without_markup_mentions_or_links(text, line):
    assert harmless(text) == line


def test_what_others_wrote_is_trimmed():
    assert len(harmless("x" * 10_000)) <= LONGEST + 2
