"""Who visits the school: each with a browser, an address, a share of the traffic, hours and habits."""

from collections.abc import Iterator

from edupro.demo.day import AFTER_SCHOOL, AT_SCHOOL, IN_THE_EVENING, IN_THE_OFFICE
from edupro.demo.people import TEACHERS, TEACHERS_CLASSES
from edupro.demo.visits import desk, office, strangers, students, teachers
from edupro.demo.visits.visiting import VisitorKind

SCHOOL = "127.0.0.21"  # the school's own network: everybody in it comes from here
PHONE = "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"


def colleagues() -> Iterator[VisitorKind]:
    """The teachers of the other classes: at seven all by phone from the school, in the evening each from home."""
    for number, person in enumerate(TEACHERS):
        yield VisitorKind(
            name=person.username,
            user_agent=PHONE.format(12 + number % 4, 130 + number),
            address=SCHOOL,
            username=person.username,
            share=0.02,
            classes=person.kelas,
            scenarios=(teachers.note_attendance, teachers.note_attendance, teachers.read_marks),
            hours=AT_SCHOOL,
        )
        yield VisitorKind(
            name=f"{person.username} at home",
            user_agent=LAPTOP.format(130 + number),
            address=f"127.0.0.{71 + number}",
            username=person.username,
            share=0.01,
            classes=person.kelas,
            scenarios=(teachers.enter_marks, teachers.enter_marks, teachers.leave),
            hours=IN_THE_EVENING,
        )


VISITORS = (
    VisitorKind(
        name="admin",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        address="127.0.0.11",
        username="admin",
        share=0.2,
        scenarios=(
            *(desk.mistype_at_desk, desk.train_model, desk.register_somebody, desk.predict_class, desk.look_around),
            *(desk.import_by_hand, desk.change_in_admin, desk.change_in_admin, desk.read_events, desk.leave_desk),
        ),
    ),
    VisitorKind(
        name="guru",
        user_agent=PHONE.format(15, 141),
        address=SCHOOL,
        username="guru",
        share=0.15,
        classes=TEACHERS_CLASSES,
        scenarios=(
            *(teachers.correct_a_mark, teachers.read_marks, teachers.note_attendance, teachers.overreach),
            *(teachers.make_mistakes, teachers.mistype_password, teachers.renew_token, teachers.foretell),
            *(teachers.note_attendance, teachers.enter_marks, teachers.leave),
        ),
    ),
    *colleagues(),
    VisitorKind(
        name="siswa",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/18.6 Mobile/15E148 Safari/604.1",
        address="127.0.0.31",
        username="siswa",
        share=0.1,
        scenarios=(
            *(students.look_at_oneself, students.raise_own_mark, students.read_own_page),
            *(students.forget_password, teachers.mistype_password, students.look_at_oneself),
        ),
        hours=AFTER_SCHOOL,
    ),
    VisitorKind(
        name="auditor",
        user_agent=LAPTOP.format(141) + " Edg/141.0.0.0",
        address="127.0.0.41",
        username="auditor",
        share=0.07,
        scenarios=(desk.read_events, desk.read_events, desk.leave_desk),
        hours=IN_THE_OFFICE,
    ),
    VisitorKind(
        name="office",
        user_agent="edupro-sync/1.4 (Python-urllib/3.11)",
        address="127.0.0.51",
        username="admin",
        share=0.2,
        scenarios=(
            *(
                office.ask_with_basic,
                office.bring_marks,
                office.replace_photo,
                office.bring_mistakes,
                office.take_lists,
            ),
            *(office.enrol_and_leave, office.break_something, office.bring_newcomers, office.send_wrong_file),
            *(office.bring_marks, office.enrol_and_leave, office.replace_photo),
        ),
        hours=IN_THE_OFFICE,
    ),
    VisitorKind(
        name="stranger",
        user_agent="python-requests/2.32.3",
        address="127.0.0.66",
        username="",
        share=0.1,
        scenarios=(
            *(strangers.knock, strangers.inject, strangers.climb),
            *(strangers.scan, strangers.knock, strangers.guess_passwords),
        ),
    ),
)
