"""The queue in files: what is taken from it is whole."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from celery import current_app
from kombu import Connection
from kombu.transport import filesystem

from edupro import filequeue
from edupro.filequeue import Channel


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    for folder in ("queue", "control"):
        (tmp_path / folder).mkdir()
    places = {"data_folder_in": f"{tmp_path}/queue", "data_folder_out": f"{tmp_path}/queue"}
    options = {**places, "control_folder": f"{tmp_path}/control", "store_processed": False}
    with Connection("filesystem://", transport_options=options) as connection:
        yield connection.channel()


def test_it_is_the_one_that_celery_uses(channel: Channel) -> None:
    assert current_app.main == "edupro" and type(channel) is Channel


def test_a_message_comes_out_as_it_went_in(channel: Channel) -> None:
    channel._put("celery", {"body": "Selamat pagi", "n": 1})
    assert channel._get("celery") == {"body": "Selamat pagi", "n": 1}
    with pytest.raises(Empty):
        channel._get("celery")


def test_a_message_is_not_there_until_it_is_whole(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked for while it is written, in kombu's way or in ours, and when only its name is wanting."""

    def nothing_is_there(then: Callable[..., Any]) -> Callable[..., Any]:
        def look(*args: Any) -> Any:
            with pytest.raises(Empty):
                channel._get("celery")
            return then(*args)

        return look

    for module in (filequeue, filesystem):
        monkeypatch.setattr(module, "dumps", nothing_is_there(filesystem.dumps))
    monkeypatch.setattr(Path, "rename", nothing_is_there(Path.rename))
    channel._put("celery", {"n": 1})
    assert channel._get("celery") == {"n": 1}
