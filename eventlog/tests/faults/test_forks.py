"""A fork takes no event with it and waits for no lock of its parent."""

from eventlog.tests.faults.servers import Site

FORKS = 1000
PARENT = """
def hammer():
    number = 0
    while not ended:
        record(f"thread {number}")
        number += 1
        time.sleep(0.002)
    print("THREAD", number)

ended = []
for n in range(90): record(f"before {n}")  # a full buffer
thread = threading.Thread(target=hammer)
thread.start()
bad = 0
for n in range(int(sys.argv[1])):
    held = writer.current().journal.lock if n % 2 else threading.Lock()
    held.acquire()
    pid = os.fork()
    if not pid:
        signal.alarm(20)  # a deadlock ends by SIGALRM
        record(f"child {n}")
        if n % 100 == 0: writer.stop()
        os._exit(0)
    held.release()
    bad += os.waitpid(pid, 0)[1] != 0
ended.append(1)
thread.join()
print("BAD", bad)
"""


def test_each_event_is_stored_once_over_a_thousand_forks(site: Site) -> None:
    lines = site.ran(PARENT, str(FORKS), seconds=90).splitlines()
    said = dict(line.split() for line in lines if line.startswith(("THREAD", "BAD")))
    assert said["BAD"] == "0"
    site.drain()
    site.assert_notes(90 + FORKS + int(said["THREAD"]))
