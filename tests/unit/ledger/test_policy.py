"""The trust policy: what is read, and which sets of witnesses are a quorum."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingma.kernel.errors import Malformed
from mingma.ledger.checkpoint import Checkpoint
from mingma.ledger.cosignature import cosign
from mingma.ledger.note import KeyType, Note, NoteNotTrusted, Signature, parse_note, sign
from mingma.ledger.policy import Group, NoQuorum, Policy, PolicyUnreadable, parse_policy
from mingma.ledger.tree import leaf_hash
from tests.unit.ledger.published import GOLDEN, ed25519, golden, mldsa44

ORIGIN = "log.example/test"
HEAD = Checkpoint(ORIGIN, 7, leaf_hash(b"one"))
LOG, LOG_SIGNER = ed25519(b"l" * 32, ORIGIN, KeyType.ED25519)
LOG_PQ, LOG_PQ_SIGNER = mldsa44(b"l" * 32, ORIGIN)
ELSEWHERE, ELSEWHERE_SIGNER = ed25519(b"e" * 32, "log.example/other", KeyType.ED25519)
PAIRS = {
    name: ed25519(name.encode() * 16, f"witness.example/{name}", KeyType.ED25519_COSIGNATURE)
    for name in ("X1", "X2", "X3", "Y1", "Y2", "Y3")
}
LINES = "".join(
    f"witness {name} {key} https://{name}.example\n" for name, (key, _) in PAIRS.items()
)
GROUPS = """
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
TEXT = f"log {LOG}\nlog {LOG_PQ}\nlog {ELSEWHERE}\n{LINES}{GROUPS}"
POLICY = parse_policy(TEXT.encode())
LOG_LINE = sign(str(HEAD), LOG, LOG_SIGNER)


def cosigned(*names: str) -> list[Signature]:
    return [cosign(HEAD, PAIRS[name][0], 1767139200, PAIRS[name][1]) for name in names]


def note(*lines: Signature) -> Note:
    return Note(str(HEAD), lines)


def test_the_golden_policy_believes_the_golden_checkpoint() -> None:
    policy = parse_policy(golden("policy"))
    assert [str(one.key) for one in policy.logs] == [GOLDEN["log_vkey"]]
    assert [str(one.key) for one in policy.witnesses] == [
        one["vkey"] for one in GOLDEN["witnesses"]
    ]
    assert policy.witnesses[0].url == "https://witness.hebei.example/w1"
    assert policy.groups == (Group("provinces", 2, ("hebei", "shandong", "guangdong")),)
    checkpoint, found = policy.verify(parse_note(golden("checkpoint.cosigned")))
    assert checkpoint.size == 775
    assert len(found) == 4  # the post-quantum witness is not in the policy
    with pytest.raises(NoQuorum, match="witnesses"):
        policy.verify(parse_note(golden("log/checkpoint")))


def test_the_quorum_is_what_the_groups_say_for_every_set_of_witnesses() -> None:
    for count in range(7):
        for names in itertools.combinations(PAIRS, count):
            keys = {PAIRS[name][0] for name in names}
            wanted = len([n for n in names if n[0] == "X"]) >= 2 and any(n[0] == "Y" for n in names)
            assert POLICY.is_met_by(keys) is wanted


def test_a_checkpoint_needs_its_log_and_the_quorum() -> None:
    enough = cosigned("X1", "X3", "Y2")
    checkpoint, found = POLICY.verify(note(LOG_LINE, *enough))
    assert checkpoint == HEAD
    assert [one.time for one in found] == [None] + [1767139200] * 3
    POLICY.verify(note(cosign(HEAD, LOG_PQ, 1, LOG_PQ_SIGNER), *enough))
    for lines in (enough, [sign(str(HEAD), ELSEWHERE, ELSEWHERE_SIGNER), *enough]):
        with pytest.raises(NoQuorum, match="log"):
            POLICY.verify(note(*lines))
    for fewer in itertools.combinations(enough, 2):
        with pytest.raises(NoQuorum, match="witnesses"):
            POLICY.verify(note(LOG_LINE, *fewer))
    with pytest.raises(NoteNotTrusted, match="no_known_key"):
        POLICY.verify(note(Signature("who", b"1234", b"s")))


def test_one_witness_that_contradicts_refuses_it_however_many_others_hold() -> None:
    bad = Signature(PAIRS["Y3"][0].name, PAIRS["Y3"][0].id, cosigned("Y1")[0].signature)
    with pytest.raises(NoteNotTrusted, match="signature"):
        POLICY.verify(note(LOG_LINE, *cosigned("X1", "X2", "X3", "Y1", "Y2"), bad))


def test_a_witness_twice_is_not_two_witnesses() -> None:
    with pytest.raises(NoteNotTrusted, match="twice"):
        POLICY.verify(note(LOG_LINE, *cosigned("X1", "X1", "Y1")))


def test_the_quorum_can_be_one_witness_or_none() -> None:
    one = parse_policy(f"log {LOG}\n{LINES}quorum X2\n".encode())
    one.verify(note(LOG_LINE, *cosigned("X2")))
    with pytest.raises(NoQuorum):
        one.verify(note(LOG_LINE, *cosigned("X1")))
    parse_policy(f"log {LOG}\nquorum none\n".encode()).verify(note(LOG_LINE))


def test_space_comments_and_other_scripts_are_read_as_the_specification_says() -> None:
    key = PAIRS["X1"][0]
    text = f"# \u8bc1\n \t# more\n\n\t witness \u6cb3\u5317 \t {key} \n quorum\t\u6cb3\u5317\t\n"
    assert parse_policy(text.encode()).quorum == "\u6cb3\u5317"
    policy = parse_policy(b"witness \xff " + str(key).encode() + b"\nquorum \xff\n")
    assert policy.is_met_by({key})
    # A no-break space is part of a name, not space.
    assert parse_policy(f"witness a\u00a0b {key}\nquorum a\u00a0b\n".encode()).witnesses[
        0
    ].name == ("a\u00a0b")


X1, X2 = (PAIRS[name][0] for name in ("X1", "X2"))
SAME = ed25519(b"X1" * 16, "witness.example/again", KeyType.ED25519_COSIGNATURE)[0]
SAME_LOG = ed25519(b"X1" * 16, "log.example/again", KeyType.ED25519)[0]
W = f"witness a {X1}\nwitness b {X2}\n"


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("", "ending", None),
        (f"{W}quorum a", "ending", None),
        ("quorum none\r\n", "bytes", None),
        ("quorum none\x7f\n", "bytes", None),
        ("# " + "x" * 10**6 + "\nquorum none\n", "size", None),
        ("\n", "quorum", None),
        (W, "quorum", None),
        ("quorum none\nquorum none\n", "quorum", 2),
        ("quorum a\n" + W, "quorum", 1),
        ("quorum\n", "words", 1),
        ("quorum none none\n", "words", 1),
        ("Quorum none\n", "words", 1),
        ("tree x\n", "words", 1),
        ("log\n", "words", 1),
        (f"log {LOG} https://a b\n", "words", 1),
        (f"witness {X1}\n", "words", 1),
        (f"witness a {X1} b c\n", "words", 1),
        ("group g 1\n", "words", 1),
        ("log x\n", "key", 1),
        (f"witness a {X1}x\n", "key", 1),
        (f"log {X1}\n", "key_type", 1),
        (f"witness a {LOG}\n", "key_type", 1),
        (f"log {LOG}\nlog {LOG}\n", "same_key", 2),
        (f"witness a {X1}\nwitness b {SAME}\n", "same_key", 2),
        (f"log {SAME_LOG}\nwitness a {X1}\n", "same_key", 2),
        (f"witness none {X1}\n", "name", 1),
        (f"witness a {X1}\nwitness a {X2}\n", "name", 2),
        (f"{W}group a any b\n", "name", 3),
        (f"{W}group none any b\n", "name", 3),
        (f"{W}group g any c\n", "member", 3),
        (f"{W}group g any g\n", "member", 3),
        (f"{W}group g any none\n", "member", 3),
        (f"{W}group g any a a\n", "member", 3),
        (f"{W}group g any a\ngroup h any a b\n", "member", 4),
        *((f"{W}group g {k} a b\n", "count", 3) for k in "0 3 02 +1 -1 x \u0661".split()),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused_with_its_line(text: str, why: str, line: int | None) -> None:
    with pytest.raises(PolicyUnreadable) as refused:
        parse_policy(text.encode())
    assert (refused.value.details["why"], refused.value.place.line) == (why, line)


@given(
    st.binary(max_size=80) | st.text("log witnesquorum any2\n\t#ab+", max_size=80).map(str.encode)
)
def test_any_bytes_are_a_policy_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert isinstance(parse_policy(data + b"\n"), Policy)


def test_a_long_chain_of_groups_is_judged() -> None:
    chain = "".join(f"group g{at + 1} any g{at}\n" for at in range(3000))
    policy = parse_policy(f"{W}group g0 all a b\n{chain}quorum g3000\n".encode())
    assert policy.is_met_by({X1, X2})
    assert not policy.is_met_by({X1})
