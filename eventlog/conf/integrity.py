"""What shows that nothing was altered."""

from eventlog.conf.parsing import optional, path
from eventlog.conf.setting import Setting
from eventlog.conf.shapes import signing_keys, webhooks


class Integrity:
    SIGNING_KEY = Setting(
        (),
        signing_keys,
        "Ed25519 keys that checkpoints are signed with: the first, a seed of 32 bytes in base64, signs; those "
        "that follow, seeds or `public:` and a public key, are of earlier times and only verify. Default none: "
        "there are no checkpoints.",
        secret=True,
    )
    CHECKPOINT_DIR = Setting(
        None,
        optional(path),
        "Folder outside of the database that checkpoints are also written to, a file a day; best on a disk of "
        "which the database's administrator has no part. Default none.",
    )
    CHECKPOINT_ANCHORS = Setting(
        {},
        webhooks,
        "Who outside keeps signed checkpoints: webhooks and `mailto:` addresses, as URLs or {name: options}; see "
        "docs/verify.md. Default none.",
        secret=True,
    )
