"""Examples of SYSTEM: processes, jobs, faults, the application's log."""

from typing import Any, Final

from edupro.reference.examples.cast import BY_ITSELF, JOB, OFFICE, ROOM, SHELL, TEACHER, Example, asked, fault
from eventlog import catalog

PROCESSES: Final = "eventlog/capture/processes.py"
JOBS: Final = "eventlog/capture/jobs.py"
LOGS: Final = "eventlog/capture/logs.py"
NOTICES: Final = "eventlog/pipeline/notices.py"
NOBODY: Final = ""


def run_of(task: str, retries: int = 0, **more: Any) -> dict[str, Any]:
    key = JOB["request_id"]
    data = {"task": task, "task_id": key, "root_id": key, "queue": "celery", "worker": "edupro-1", "retries": retries}
    return {
        **OFFICE,
        **JOB,
        "auth_method": "session",
        "event_name": f"task {task}",
        "event_data": {**data, "arguments": {"run": 41}, **more},
    }


def logged(level: str, words: str) -> dict[str, Any]:
    where = {"logger": "edupro.school", "level": level, "module": "tasks", "function": "send_reports", "line": 14}
    return {**OFFICE, **ROOM, "event_name": words, "event_data": {**where, "message": words}}


TRAIN: Final = "edupro.prediction.tasks.train"
EXAMPLES: Final = (
    Example(
        catalog.APP_START,
        PROCESSES,
        "a process that serves has begun: a web worker, a Celery worker",
        {"event_name": "web process started", "event_data": {"kind": "web", "program": "gunicorn"}},
    ),
    Example(catalog.APP_SHUTDOWN, PROCESSES, "such a process has ended in good order"),
    Example(
        catalog.UNCLEAN_STOP,
        NOTICES,
        "a process was killed: another one has found and stored what it left",
        {"event_data": {"writer": "1f0c5a7be24d4f0f8ac91b2d3e4f5061"}},
    ),
    Example(catalog.HEALTH_CHECK, NOBODY, "for programs that want to record their own checks"),
    Example(
        catalog.CONFIG_CHANGED,
        "eventlog/alerts/mutes.py",
        "a rule was muted about a target, or is heard again",
        {
            **OFFICE,
            **ROOM,
            "entity_type": "mute",
            "entity_id": "8",
            "event_data": {"rule": "brute_force", "muted": True, "until": "2026-12-24T01:15:00+00:00"},
        },
    ),
    Example(
        catalog.MAINTENANCE,
        "eventlog/tasks.py",
        "partitions were made; and whatever an administrator tells by `EventLogger`",
        {**BY_ITSELF, "event_name": "Partitions made", "event_data": {"partitions": ["events_2027_02"]}},
    ),
    Example(
        catalog.TASK_SUCCESS, JOBS, "a run of a Celery task is done", {**run_of(TRAIN), "response_time_ms": 4210.5}
    ),
    Example(
        catalog.TASK_FAILED,
        JOBS,
        "a run of a Celery task has failed, was killed or is not known",
        {**run_of(TRAIN), **fault("Busy", "Another training is at work."), "response_time_ms": 12.1},
    ),
    Example(
        catalog.TASK_RETRY,
        JOBS,
        "a run of a Celery task has failed and is tried again",
        {**run_of(TRAIN, 1, again_at="2026-11-24T01:16:00+00:00"), **fault("Busy", "Another training is at work.")},
    ),
    Example(
        catalog.COMMAND,
        "eventlog/capture/commands.py",
        "a management command was run from the command line",
        {
            **SHELL,
            **JOB,
            "event_name": "manage.py eventlog_cleanup",
            "event_data": {"command": "eventlog_cleanup", "exit_status": 0, "arguments": {"dry_run": True}},
            "response_time_ms": 811.2,
        },
    ),
    Example(catalog.SLOW_REQUEST, NOBODY, "for programs; the list finds slow requests by `duration:>1s` without it"),
    Example(
        catalog.SLOW_QUERY,
        "eventlog/capture/queries.py",
        "a statement of a request took longer than half a second; its values are left out",
        {**TEACHER, **ROOM, "db_time_ms": 1840.2, "event_data": {"sql": 'SELECT … FROM "school_nilairaport" WHERE …'}},
    ),
    Example(
        catalog.ERROR_500,
        "eventlog/capture/middleware.py",
        "a view has raised, and the answer was 500",
        {
            **TEACHER,
            **ROOM,
            **asked("GET", "/api/siswa/123", 500, "/api/siswa/{id}"),
            "event_name": "GET /api/siswa/{id}",
            **fault("ZeroDivisionError", "division by zero"),
        },
    ),
    Example(catalog.LOG_WARNING, LOGS, "the application has logged a warning", logged("WARNING", "a row is empty")),
    Example(catalog.LOG_ERROR, LOGS, "the application has logged an error", logged("ERROR", "no average")),
    Example(catalog.LOG_CRITICAL, LOGS, "it has logged something critical", logged("CRITICAL", "no paper for class X")),
    Example(
        catalog.EVENTS_DROPPED,
        NOTICES,
        "the journal was full, and events were lost: how many of what",
        {"event_data": {"dropped": {"CRUD debug": 120}, "limit_bytes": 1073741824}},
    ),
    Example(
        catalog.RULE_FAILED,
        "eventlog/detection/judging.py",
        "a detection rule has raised; the others went on",
        {"event_name": "The rule off_hours failed", "error_message": "KeyError: 'hour'"},
    ),
    Example(
        catalog.FORWARD_FAILED,
        "eventlog/forwarding/forwarder.py",
        "a sink of `FORWARD_TO` has taken nothing for five minutes, or wants no more",
        {
            "event_name": "Events not forwarded to siem",
            "error_message": "logs.school.example: connection refused",
            "event_data": {
                "sink": "siem",
                "failures": 7,
                "failing_since": "2026-11-24T01:10:00+00:00",
                "stopped": False,
            },
        },
    ),
)
