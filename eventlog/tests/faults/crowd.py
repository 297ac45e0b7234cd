"""Many writers at once, each with rows of its own and several actors in turns: every write names its actor in what it
writes, so that each event can be compared with the row."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from celery import shared_task
from django.db import connections

from edupro.school.models import Presensi, Siswa
from eventlog import bound

THREADS, COROUTINES, TASKS = 8, 8, 90  # writers of each kind
ACTORS = 5  # of a thread and of a coroutine; a task has two: whom it was sent by, and another
THREAD_ROUNDS, COROUTINE_ROUNDS, TASK_ROUNDS = 110, 90, 10
WRITES = 4  # of a round
TOTAL = WRITES * (THREADS * THREAD_ROUNDS + COROUTINES * COROUTINE_ROUNDS + TASKS * TASK_ROUNDS)


@dataclass(frozen=True)
class Rows:
    """One writer's: a student to save, one to update, and attendance for both, which triggers watch."""

    siswa: Siswa
    other: int
    presensi: Presensi

    @staticmethod
    def of(keys: Sequence[int]) -> "Rows":
        return Rows(Siswa.objects.get(pk=keys[0]), keys[1], Presensi.objects.get(pk=keys[2]))

    def named(self, actor: int) -> None:
        self.siswa.kelas, self.presensi.hadir = f"{actor}", actor


def made(writer: int) -> list[int]:
    """The keys of a writer's rows."""
    one, two = (Siswa.objects.create(nis=f"{writer}.{number}", nama="x", kelas="x") for number in range(2))
    return [one.pk, two.pk, Presensi.objects.create(siswa=one, semester=1, tahun_ajaran="2025/2026").pk]


def actor_of(writer: int, number: int) -> int:
    """Never 0, which the rows begin with: a write that changes nothing is no event."""
    return 1 + writer * ACTORS + number % ACTORS


def write(rows: Rows, actor: int) -> None:
    rows.named(actor)
    rows.siswa.save()
    Siswa.objects.filter(pk=rows.other).update(kelas=f"{actor}")
    rows.presensi.save()
    Presensi.objects.filter(pk=rows.presensi.pk).update(izin=actor)


async def awrite(rows: Rows, actor: int) -> None:
    rows.named(actor)
    await rows.siswa.asave()
    await Siswa.objects.filter(pk=rows.other).aupdate(kelas=f"{actor}")
    await rows.presensi.asave()
    await Presensi.objects.filter(pk=rows.presensi.pk).aupdate(izin=actor)


def in_a_thread(writer: int, rows: Rows) -> None:
    for number in range(THREAD_ROUNDS):
        actor = actor_of(writer, number)
        with bound(actor=f"actor-{actor}"):
            write(rows, actor)
    connections.close_all()


async def in_a_coroutine(writer: int, rows: Rows) -> None:
    for number in range(COROUTINE_ROUNDS):
        actor = actor_of(writer, number)
        with bound(actor=f"actor-{actor}"):
            await awrite(rows, actor)


@shared_task
def in_a_task(keys: list[int], sender: int, other: int) -> None:
    rows = Rows.of(keys)
    for _ in range(TASK_ROUNDS // 2):
        write(rows, sender)
        with bound(actor=f"actor-{other}"):
            write(rows, other)


def send(first: int) -> None:
    for number in range(TASKS):
        sender = first + 2 * number
        with bound(actor=f"actor-{sender}"):
            in_a_task.delay(made(sender), sender, sender + 1)


async def in_coroutines(writers: range, rows: list[Rows]) -> None:
    await asyncio.gather(*map(in_a_coroutine, writers, rows))


def all_at_once() -> None:
    send(actor_of(THREADS + COROUTINES, 0))
    rows = [Rows.of(made(writer)) for writer in range(THREADS + COROUTINES)]
    with ThreadPoolExecutor(THREADS) as pool:
        done = pool.map(in_a_thread, range(THREADS), rows)
        asyncio.run(in_coroutines(range(THREADS, THREADS + COROUTINES), rows[THREADS:]))
        list(done)
