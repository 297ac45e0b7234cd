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
bad = []
for n in range(int(sys.argv[1])):
    held = writer.current().journal.lock if n % 2 else threading.Lock()
    held.acquire()
    pid = os.fork()
    if not pid:
        faulthandler.register(signal.SIGALRM, chain=True)  # a deadlock says where, and ends
        signal.alarm(60)
        record(f"child {n}")
        if n % 100 == 0: writer.stop()
        os._exit(0)
    held.release()
    status = os.waitpid(pid, 0)[1]
    if status: bad.append((n, status))
ended.append(1)
thread.join()
if bad: sys.exit(f"children that ended badly, and how: {bad}")
"""


def test_each_event_is_stored_once_over_a_thousand_forks(site: Site) -> None:
    said = site.ran(PARENT, str(FORKS), seconds=300)
    (by_thread,) = (int(line.split()[1]) for line in said.splitlines() if line.startswith("THREAD"))
    site.drain()
    site.assert_notes(90 + FORKS + by_thread)
