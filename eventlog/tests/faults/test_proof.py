"""Processes that are killed while they store and sign leave a log that is valid, with every event once."""

import json
import os
import signal
import time

from eventlog.tests.faults.servers import Process, Site, eventually
from eventlog.tests.forwarding.receivers import Post, webhook_server
from eventlog.tests.integrity.conftest import KEY

PROCESSES = 4
# Two that store, each with a chain of its own, and one that signs.
RACES = """
from eventlog.integrity import checkpoints
from eventlog.record import make_record
def store_by_hand():
    for n in range(10**6):
        store.write(store.Batch([make_record("COMMAND", {}).to_json() for _ in range(3)]))
def sign():
    while True: checkpoints.make(using="default")
for work in (store_by_hand, sign): threading.Thread(target=work, daemon=True).start()
for n in range(10**6):
    record(f"{os.getpid()} {n}")
    time.sleep(0.001)
"""
LOOKS = """
from eventlog.integrity import checkpoints, verify
checkpoints.make(using="default")
found = verify.total(list(verify.verify(verify.Question(), using="default")))
print("FOUND", found.verdict, found.entries > 0, *found.ordered)
"""


def test_racing_and_killed_they_leave_a_valid_log(site: Site) -> None:
    site.environment.update(EVENTLOG_SIGNING_KEY=KEY, EVENTLOG_BATCH_SIZE="5", EVENTLOG_FLUSH_INTERVAL="1")
    racers = [site.script(RACES) for _ in range(PROCESSES)]
    chains = "SELECT count(DISTINCT sealer) >= 8 AND count(*) > 200 FROM event_batches"
    assert eventually(lambda: site.rows(chains)[0][0], seconds=30), [each.said() for each in racers]
    for racer in racers:
        racer.end(signal.SIGKILL)
        time.sleep(0.03)  # so that each is killed at another moment
    site.drain()
    assert "FOUND valid True\n" in site.ran(LOOKS)
    assert site.accounts()["stored"] == site.count()


GIVES = """
from eventlog.integrity import anchors, checkpoints
if sys.argv[1:]: checkpoints.make(using="default")
print("GIVEN", *anchors.give(using="default"))
"""


def test_an_anchor_is_given_again_what_was_given_by_a_process_that_was_killed_over_it(site: Site) -> None:
    """It has what was signed, and nobody has written that down."""
    with webhook_server() as notary:
        killed: list[Process] = []

        def answer(post: Post) -> int:
            os.kill(killed[0].pid, signal.SIGKILL)
            return 204

        notary.answer = answer
        anchors = json.dumps({"notary": {"url": notary.url, "private": True}})
        site.environment.update(EVENTLOG_SIGNING_KEY=KEY, EVENTLOG_CHECKPOINT_ANCHORS=anchors)
        killed.append(site.script(GIVES, "make"))
        assert killed[0].wait(seconds=30) == -signal.SIGKILL, killed[0].said()
        notary.answer = lambda post: 204
        assert "GIVEN Given(anchor='notary', error='')" in site.ran(GIVES)
        assert site.ran(GIVES).endswith("GIVEN\n")
    first, second = notary.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
