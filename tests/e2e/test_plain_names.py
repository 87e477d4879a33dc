"""Bad input at the plain door: names (P02 to P15, P20)."""

import pytest

from words import is_error

REFUSED = "bad-name"


def offer(yard, name):
    """A new connection whose first line are these bytes."""
    client = yard.server.connect()
    client.send(name + b"\n")
    return client


def assert_refused(yard, name, *codes):
    """The peer hears one typed error and the end; nobody hears of it."""
    with offer(yard, name) as client:
        line = client.next()
        assert any(is_error(line, code) for code in codes or (REFUSED,)), line
        client.expect_end()
    assert yard.seen() == []
    assert yard.console() == []


def assert_taken(yard, name):
    """The name is a user's, and its messages are shown."""
    client = yard.server.join(name)
    client.say("here I am")
    yard.reader.until(f"[{name}] here I am")
    return client


def test_P02_empty_name(yard):
    assert_refused(yard, b"")


def test_P02_empty_name_with_carriage_return(yard):
    assert_refused(yard, b"\r")


@pytest.mark.parametrize("name", [b" ", b"   ", b" bob", b"bob ", b"b ob", "\u3000".encode(), "밥\u00a0".encode()])
def test_P03_name_with_spaces(yard, name):
    assert_refused(yard, name)


@pytest.mark.parametrize("name", [b"b" * 33, "가".encode() * 11], ids=["ascii", "hangul"])
def test_P04_name_of_33_bytes(yard, name):
    assert len(name) == 33
    assert_refused(yard, name)


@pytest.mark.parametrize("name", ["b" * 32, "가" * 10 + "ab"], ids=["ascii", "hangul"])
def test_P04_name_of_32_bytes_is_taken(yard, name):
    assert len(name.encode()) == 32
    assert_taken(yard, name).close()


def test_P05_name_and_forged_line_in_one_segment(yard):
    with yard.server.connect() as client:
        client.send(b"bob\n[admin] hello\n")
        yard.reader.expect("[bob] [admin] hello")
        yard.server.console.until("[bob] [admin] hello")


CONTROLS = {
    "CR": b"\r", "TAB": b"\t", "NUL": b"\0", "BEL": b"\7", "CSI": b"\x1b[2J", "DEL": b"\x7f",
    "NEL": "\u0085".encode(), "C1": "\u009b".encode(), "LS": "\u2028".encode(),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_P06_control_character_in_name(yard, control):
    assert_refused(yard, b"a" + CONTROLS[control] + b"b")


@pytest.mark.parametrize("name", [b"a] hi [b", b"a] b"])
def test_P07_name_with_the_end_of_a_writers_name(yard, name):
    assert_refused(yard, name)


def test_P07_brackets_in_a_name_are_legal(yard):
    assert_taken(yard, "[admin]").close()


NOT_UTF8 = {
    "overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "too-high": b"\xf4\x90\x80\x80", "continuation": b"\x80",
    "cut": b"\xec\x95",
}


@pytest.mark.parametrize("fault", NOT_UTF8)
def test_P08_name_not_utf8(yard, fault):
    assert_refused(yard, b"bob" + NOT_UTF8[fault])


INVISIBLE = {
    "RLO": "bob\u202e", "LRI": "bob\u2066", "ZWSP": "bo\u200bb", "ZWJ-alone": "\u200d", "BOM": "\ufeffbob",
    "SHY": "bo\u00adb", "tag": "bob\U000e0041", "hangul-filler": "bo\u3164b",
}


@pytest.mark.parametrize("which", INVISIBLE)
def test_P09_invisible_or_direction_character_in_name(yard, which):
    assert_refused(yard, INVISIBLE[which].encode())


def test_P10_name_that_looks_like_one_present(yard):
    with assert_taken(yard, "coco"):
        assert_refused_beside(yard, "сосо")  # Cyrillic
        assert_refused_beside(yard, "cоco")  # one Cyrillic letter


def assert_refused_beside(yard, name):
    with offer(yard, name.encode()) as client:
        client.expect_refusal("name-in-use")


SAME = {
    "NFD": ("각하", "\u1100\u1161\u11a8\u1112\u1161"), "case": ("bob", "BOB"), "full-width": ("bob", "ｂｏｂ"),
    "accent-NFD": ("é", "e\u0301"), "greek-case": ("σα", "ΣΑ"),
}


@pytest.mark.parametrize("pair", SAME)
def test_P11_two_forms_of_one_name(yard, pair):
    first, second = SAME[pair]
    with assert_taken(yard, first):
        assert_refused_beside(yard, second)


def test_P12_name_in_use(yard):
    with assert_taken(yard, "bob") as first:
        assert_refused_beside(yard, "bob")
        yard.writer.say("still there?")
        first.until("[haneul] still there?")
        first.say("yes")
        yard.reader.until("[bob] yes")


def test_P12_name_is_free_after_its_holder_left(yard):
    with assert_taken(yard, "bob") as first:
        first.say("q")
        yard.server.expect_left("bob")
    assert_taken(yard, "bob").close()


@pytest.mark.parametrize("name", ["madang", "server", "admin", "NickServ", "*", "MADANG", "접속", "Admin"])
def test_P13_reserved_name(yard, name):
    assert_refused(yard, name.encode())


@pytest.mark.parametrize("word", [b"q", b"quit"])
def test_P14_leave_word_as_the_name(yard, word):
    with offer(yard, word) as client:
        client.expect_end()
    assert yard.seen() == []
    assert yard.console() == []


@pytest.mark.parametrize("name", ["NICK", "USER", "GET", "CAP"])
def test_P15_bare_verb_as_the_name_is_plain(yard, name):
    with assert_taken(yard, name) as client:
        # The verdict never changes again: what follows is text.
        client.say("NICK other", "GET / HTTP/1.1")
        yard.reader.until(f"[{name}] NICK other")
        yard.reader.expect(f"[{name}] GET / HTTP/1.1")


@pytest.mark.parametrize("name", ["1bob", "-bob", "a.b", "#bob", "a&b", "a:b", "~bob", "@bob", "a%b", "+bob", "$bob",
                                  "bob!", "b?b", "a,b"])
def test_name_with_what_irc_gives_a_meaning(yard, name):
    assert_refused(yard, name.encode())


@pytest.mark.parametrize("name", ["사용자1", "a_b-c", "{x}", "bob^", "`a", "Zoë", "नमस्ते", "Ωmega"])
def test_ordinary_names(yard, name):
    assert_taken(yard, name).close()


def test_P20_name_and_message_unterminated_in_one_segment(yard):
    with yard.server.connect() as client:
        client.send(b"bobhello")
        yard.server.console.until("[bobhello] 접속")
        client.send(b"hi")
        yard.reader.until("[bobhello] hi")
