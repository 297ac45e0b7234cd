"""Who visits the school: each with a browser, an address, a share of the traffic and habits."""

from edupro.demo.people import TEACHERS_CLASSES
from edupro.demo.visits import (
    VisitorKind,
    ask_with_basic,
    break_something,
    change_in_admin,
    climb,
    correct_a_mark,
    enrol_and_leave,
    guess_passwords,
    inject,
    knock,
    leave,
    leave_desk,
    look_around,
    look_at_oneself,
    make_mistakes,
    mistype_at_desk,
    mistype_password,
    note_attendance,
    overreach,
    raise_own_mark,
    read_events,
    read_marks,
    renew_token,
    scan,
    send_wrong_file,
    update_photo,
)

VISITORS = (
    VisitorKind(
        name="admin",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        address="127.0.0.11",
        username="admin",
        share=0.2,
        scenarios=(mistype_at_desk, look_around, change_in_admin, change_in_admin, read_events, leave_desk),
    ),
    VisitorKind(
        name="guru",
        user_agent="Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
        " Mobile Safari/537.36",
        address="127.0.0.21",
        username="guru",
        share=0.25,
        classes=TEACHERS_CLASSES,
        scenarios=(
            *(correct_a_mark, read_marks, note_attendance, correct_a_mark, make_mistakes),
            *(overreach, read_marks, mistype_password, renew_token, note_attendance, leave),
        ),
    ),
    VisitorKind(
        name="siswa",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/18.6 Mobile/15E148 Safari/604.1",
        address="127.0.0.31",
        username="siswa",
        share=0.1,
        scenarios=(look_at_oneself, raise_own_mark, look_at_oneself, mistype_password),
    ),
    VisitorKind(
        name="auditor",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
        " Safari/537.36 Edg/141.0.0.0",
        address="127.0.0.41",
        username="auditor",
        share=0.1,
        scenarios=(read_events, read_events, leave_desk),
    ),
    VisitorKind(
        name="office",
        user_agent="edupro-sync/1.4 (Python-urllib/3.11)",
        address="127.0.0.51",
        username="admin",
        share=0.25,
        scenarios=(
            *(update_photo, enrol_and_leave, break_something, send_wrong_file),
            *(enrol_and_leave, update_photo, ask_with_basic, enrol_and_leave),
        ),
    ),
    VisitorKind(
        name="stranger",
        user_agent="python-requests/2.32.3",
        address="127.0.0.66",
        username="",
        share=0.1,
        scenarios=(knock, inject, climb, scan, knock, guess_passwords),
    ),
)
